import type { ExperimentReport } from './report.ts'

/** 0 passed, 1 a gate failed, 2 usage or configuration, 3 could not evaluate. */
export type ExitCode = 0 | 1 | 2 | 3

/** An experiment that could not be evaluated outweighs a failed gate: it says nothing about the rest. */
export function toExitCode(reports: readonly Pick<ExperimentReport, 'status'>[]): ExitCode {
  if (reports.length === 0 || reports.some(({ status }) => status === 'error')) return 3
  return reports.some(({ status }) => status === 'failed') ? 1 : 0
}

/** The exit code of an error that ended everything. */
export function exitCodeOf(error: unknown): ExitCode {
  const { code } = (error ?? {}) as { code?: unknown }
  return code === 'USAGE' ? 2 : 3
}
