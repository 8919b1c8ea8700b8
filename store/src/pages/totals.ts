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
}

/** A tuple of {@link totalsSql}: runs, errors, quantiles, input tokens, output tokens, cost. */
export type TotalsTuple = [
  number,
  number,
  [number | null, number | null, number | null],
  number,
  number,
  number,
]

/** SQL over minutes of runs: a tuple of totals where `condition` holds. */
export function totalsSql({ quantiles }: Pick<Minutes, 'quantiles'>, condition: string): string {
  return `tuple(
      sumIf(runs, ${condition}), sumIf(errors, ${condition}),
      ${quantiles(condition)},
      sumIf(input_tokens, ${condition}), sumIf(output_tokens, ${condition}), sumIf(cost, ${condition}))`
}

export function toTotals(
  [runs, errors, quantiles, inputTokens, outputTokens, cost]: TotalsTuple,
  { quantileError }: Pick<Minutes, 'quantileError'>,
): RunTotals {
  const [p50, p95, p99] = quantiles
  return {
    runs,
    errors,
    errorRate: runs === 0 ? 0 : errors / runs,
    p50Ns: p50 ?? 0,
    p95Ns: p95 ?? 0,
    p99Ns: p99 ?? 0,
    quantileError,
    inputTokens,
    outputTokens,
    cost,
  }
}

export const NO_RUNS: TotalsTuple = [0, 0, [null, null, null], 0, 0, 0]
