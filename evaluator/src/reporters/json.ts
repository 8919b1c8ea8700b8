import { writeFile } from 'node:fs/promises'
import type { ExitCode } from '@weir/config'
import { prettyExact } from '@weir/store/text'
import type { ExperimentReport } from '../experiment/report.ts'
import type { Reporter } from './reporter.ts'

/** The whole result as JSON, by `report.schema.json`. In well-formed Unicode: every reader accepts it. */
export function toJsonReport(reports: readonly ExperimentReport[], exitCode: ExitCode): string {
  return `${prettyExact({ format: 2, exitCode, experiments: reports })}\n`
}

/** Writes the whole result to a file. */
export function jsonReporter(path: string): Reporter {
  return { onEnd: (reports, exitCode) => writeFile(path, toJsonReport(reports, exitCode)) }
}
