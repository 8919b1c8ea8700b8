import { writeFile } from 'node:fs/promises'
import type { ExitCode } from '../experiment/exit-code.ts'
import type { ExperimentReport } from '../experiment/report.ts'
import type { Reporter } from './reporter.ts'

/** The whole result as JSON text. */
export function toJsonReport(reports: readonly ExperimentReport[], exitCode: ExitCode): string {
  return `${JSON.stringify({ format: 1, exitCode, experiments: reports }, null, 2)}\n`
}

/** Writes the whole result to a file. */
export function jsonReporter(path: string): Reporter {
  return { onEnd: (reports, exitCode) => writeFile(path, toJsonReport(reports, exitCode)) }
}
