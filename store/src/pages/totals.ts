import type { Minutes } from './minutes.ts'

/** What is counted of any group of runs. Durations are nanoseconds, rates 0..1, cost US dollars. */
export interface RunTotals {
  readonly runs: number
  /** Runs with status error. */
  readonly errors: number
  readonly errorRate: number
  /** Of runs that have ended; 0 without one. */
  readonly p50Ns: number
  readonly p95Ns: number
  readonly p99Ns: number
  /** How far each quantile may be from the true one, as a share of it; 0: they are exact. */
  readonly quantileError: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cost: number
  /** As `Usage.unpricedTokens`. */
  readonly unpricedTokens: number
}

/** A row of {@link totalsSql}. */
export interface TotalsRow
  extends Pick<RunTotals, 'runs' | 'errors' | 'inputTokens' | 'outputTokens' | 'cost' | 'unpricedTokens'> {
  readonly quantiles: readonly [p50: number | null, p95: number | null, p99: number | null]
}

const ROW =
  'Tuple(runs UInt64, errors UInt64, quantiles Array(Float64), inputTokens UInt64, outputTokens UInt64, cost Float64, unpricedTokens UInt64)'

/** SQL over minutes of runs, or some of them together: a tuple of totals where `condition` holds. */
export function totalsSql(quantiles: Minutes['quantiles'], condition: string): string {
  return `CAST((
      sumIf(runs, ${condition}), sumIf(errors, ${condition}),
      ${quantiles(condition)},
      sumIf(input_tokens, ${condition}), sumIf(output_tokens, ${condition}), sumIf(cost, ${condition}),
      sumIf(unpriced_tokens, ${condition})), '${ROW}')`
}

export function toTotals(
  { quantiles: [p50, p95, p99], ...row }: TotalsRow,
  { quantileError }: Pick<Minutes, 'quantileError'>,
): RunTotals {
  const errorRate = row.runs === 0 ? 0 : row.errors / row.runs
  return { ...row, errorRate, p50Ns: p50 ?? 0, p95Ns: p95 ?? 0, p99Ns: p99 ?? 0, quantileError }
}

export const NO_RUNS: TotalsRow = {
  runs: 0,
  errors: 0,
  quantiles: [null, null, null],
  inputTokens: 0,
  outputTokens: 0,
  cost: 0,
  unpricedTokens: 0,
}
