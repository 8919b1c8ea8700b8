import { benjaminiHochberg } from '../statistics/benjamini-hochberg.ts'
import type { MetricComparison, TestedMetric, Verdict } from './comparison.ts'

type Judged = Readonly<Record<Metric, MetricComparison>>

/** Adjusts the p-values of all steps and metrics together and gives each its verdict. */
export function judge(steps: readonly Readonly<Record<Metric, TestedMetric>>[]): Judged[] {
  const tested = steps.flatMap((step) => Object.values(step)).filter(({ p }) => p !== null)
  const q = benjaminiHochberg(tested.map(({ p }) => p!))
  const adjusted = new Map(tested.map((one, i) => [one, q[i]!]))
  const toComparison = (one: TestedMetric): MetricComparison => {
    const ownQ = adjusted.get(one) ?? null
    return { ...one, q: ownQ, verdict: toVerdict(one, ownQ) }
  }
  return steps.map(({ success, duration, p95, p99 }) => ({
    success: toComparison(success),
    duration: toComparison(duration),
    p95: toComparison(p95),
    p99: toComparison(p99),
  }))
}

function toVerdict(tested: TestedMetric, q: number | null): Verdict {
  const { metric, effect, base, candidate } = tested
  if (q === null || effect === null || base === null || candidate === null)
    return `needs n >= ${COMPARISON_RULE.minimum[metric]}`
  if (q >= COMPARISON_RULE.q) return 'no clear change'
  return metric === 'success' ? rateVerdict(base, candidate) : durationVerdict(effect.value, base)
}

/** The factor is that of the failure rates: 98 % after 99 % is twice as many failures. */
function rateVerdict(base: number, candidate: number): Verdict {
  const fewer = Math.min(1 - base, 1 - candidate)
  const more = Math.max(1 - base, 1 - candidate)
  if (Math.abs(candidate - base) < COMPARISON_RULE.rate || more < fewer * COMPARISON_RULE.ratio)
    return 'no clear change'
  return candidate < base ? 'worse' : 'better'
}

function durationVerdict(ratio: number, baseNs: number): Verdict {
  if (Math.abs(ratio - 1) * baseNs < COMPARISON_RULE.durationNs) return 'no clear change'
  if (ratio >= COMPARISON_RULE.ratio) return 'slower'
  return ratio <= 1 / COMPARISON_RULE.ratio ? 'faster' : 'no clear change'
}

/** The metrics of a step: share of runs in which it succeeded, its typical duration, and its tails. */
export type Metric = 'success' | 'duration' | 'p95' | 'p99'

/** What a verdict needs; every threshold of a comparison is here. */
export const COMPARISON_RULE: {
  readonly q: number
  readonly ratio: number
  readonly durationNs: number
  readonly rate: number
  readonly minimum: Readonly<Record<Metric, number>>
  readonly mostRuns: number
  readonly sampleSize: number
  readonly windowDays: number
  readonly maxSteps: number
} = {
  /** Largest share of false verdicts among all verdicts of a comparison. */
  q: 0.05,
  /** Durations, and failure rates, must differ by this factor, up or down. */
  ratio: 1.1,
  /** Durations must also differ by this much. */
  durationNs: 1_000_000,
  /** Success rates must also differ by this much. */
  rate: 0.01,
  /** Fewest runs per side on which a metric is tested. */
  minimum: { success: 30, duration: 30, p95: 200, p99: 1000 },
  /** About how many runs of a side are read step by step at most. */
  mostRuns: 50_000,
  /** How many durations per step and side the tests see at most. */
  sampleSize: 5000,
  /** The window of a side that names none. */
  windowDays: 7,
  /** The most frequent steps that a comparison shows. */
  maxSteps: 200,
}
