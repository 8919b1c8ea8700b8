import { writeFile } from 'node:fs/promises'
import type { ExitCode } from '@weir/config'
import type { ExperimentReport } from '../experiment/report.ts'
import type { Reporter } from './reporter.ts'

/** The whole result as JSON text, all of it Unicode: half an emoji is U+FFFD, which every reader takes. */
export function toJsonReport(reports: readonly ExperimentReport[], exitCode: ExitCode): string {
  const report = { format: 1, exitCode, experiments: reports }
  const unicode = (_key: string, value: unknown) => (typeof value === 'string' ? value.toWellFormed() : value)
  return `${JSON.stringify(report, unicode, 2)}\n`
}

/** Writes the whole result to a file. */
export function jsonReporter(path: string): Reporter {
  return { onEnd: (reports, exitCode) => writeFile(path, toJsonReport(reports, exitCode)) }
}
