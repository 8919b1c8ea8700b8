import { hodgesLehmannRatio } from '../statistics/hodges-lehmann.ts'
import { mannWhitney } from '../statistics/mann-whitney.ts'
import { proportionDifference } from '../statistics/newcombe.ts'
import { quantileRatio } from '../statistics/quantile-ratio.ts'
import type { Estimate, TestedMetric } from './comparison.ts'
import { COMPARISON_RULE, type Metric } from './judge.ts'
import { type Observation, successful } from './observation.ts'
import type { SideStats } from './side-queries.ts'

/** One side of one step: what SQL counted, and what the tests see of it. */
export interface Measured {
  readonly stats: SideStats
  /** In the order in which the runs started. */
  readonly observations: readonly Observation[]
}

/** Tests every metric that has enough runs on both sides. */
export function measure(base: Measured, candidate: Measured): Readonly<Record<Metric, TestedMetric>> {
  const x = successful(base.observations).map(positive)
  const y = successful(candidate.observations).map(positive)
  const values = Math.min(x.length, y.length)
  const tail = (metric: 'p95' | 'p99', level: number) =>
    withEffect(durationMetric(metric, base.stats, candidate.stats), values, () => {
      const result = quantileRatio(x, y, level)
      return result && { ...result, value: result.ratio }
    })
  return {
    success: measureSuccess(base.stats, candidate.stats),
    duration: withEffect(durationMetric('duration', base.stats, candidate.stats), values, () => {
      const { ratio: value, low, high } = hodgesLehmannRatio(x, y)
      return { value, low, high, p: mannWhitney(x, y).p }
    }),
    p95: tail('p95', 0.95),
    p99: tail('p99', 0.99),
  }
}

/** A duration of 0 ns is shorter than the clock can tell, and has no logarithm. */
export function positive(durationNs: number): number {
  return Math.max(1, durationNs)
}

function measureSuccess(base: SideStats, candidate: SideStats): TestedMetric {
  const tested: TestedMetric = {
    metric: 'success',
    baseN: base.n,
    candidateN: candidate.n,
    base: base.n === 0 ? null : base.succeeded / base.n,
    candidate: candidate.n === 0 ? null : candidate.succeeded / candidate.n,
    cases: null,
    needs: COMPARISON_RULE.minimum.success,
    effect: null,
    p: null,
  }
  return withEffect(tested, Math.min(base.n, candidate.n), () => {
    const result = proportionDifference(base.succeeded, base.n, candidate.succeeded, candidate.n)
    return { ...result, value: result.difference }
  })
}

const COLUMN = { duration: 'p50Ns', p95: 'p95Ns', p99: 'p99Ns' } as const

function durationMetric(metric: keyof typeof COLUMN, base: SideStats, candidate: SideStats): TestedMetric {
  return {
    metric,
    baseN: base.succeeded,
    candidateN: candidate.succeeded,
    base: base[COLUMN[metric]],
    candidate: candidate[COLUMN[metric]],
    cases: null,
    needs: COMPARISON_RULE.minimum[metric],
    effect: null,
    p: null,
  }
}

interface Effect extends Estimate {
  readonly p: number
}

function withEffect(tested: TestedMetric, values: number, test: () => Effect | null): TestedMetric {
  if (values < tested.needs) return tested
  const effect = test()
  if (effect === null) return tested
  const { value, low, high, p } = effect
  return { ...tested, effect: { value, low, high }, p }
}
