import { type ExitCode, WeirError } from '@weir/config'
import type { ExperimentReport } from './report.ts'

/** What could not be evaluated outweighs a failed gate: it says nothing about the rest. */
export function toExitCode(reports: readonly Pick<ExperimentReport, 'status'>[]): ExitCode {
  if (reports.length === 0 || reports.some(({ status }) => status === 'error')) return 3
  return reports.some(({ status }) => status === 'failed') ? 1 : 0
}

/** The exit code of an error that ended everything. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof WeirError ? error.exitCode : 3
}
