import { benjaminiHochberg } from '../statistics/benjamini-hochberg.ts'
import type {
  CaseMetricComparison,
  CaseMetricKind,
  MetricComparison,
  Tested,
  TestedCaseMetric,
  TestedMetric,
  Verdict,
} from './comparison.ts'

type Measures = Readonly<Record<Metric, TestedMetric>>
export type Judged = Readonly<Record<Metric, MetricComparison>>

/**
 * Adjusts the p-values of all metrics together and gives each its verdict. A rate of 0 % or 100 % on both sides could not have got a
 * small p, and does not count as a test (Tarone 1990, Biometrics 46:515-522).
 */
export function judge(
  steps: readonly Measures[],
  caseMetrics: readonly TestedCaseMetric[] = [],
): { readonly steps: Judged[]; readonly caseMetrics: CaseMetricComparison[]; readonly tests: number } {
  const tested = [...steps.flatMap((step) => Object.values(step)), ...caseMetrics].filter(
    (one) => one.p !== null && !isConstant(one),
  )
  const q = benjaminiHochberg(tested.map(({ p }) => p!))
  const adjusted = new Map<Tested, number>(tested.map((one, i) => [one, q[i]!]))
  const judged = <T extends Tested>(one: T, what: Metric | CaseMetricKind) => {
    const ownQ = adjusted.get(one) ?? one.p
    return { ...one, q: ownQ, verdict: toVerdict(one, what, ownQ) }
  }
  const toMetric = (one: TestedMetric): MetricComparison => judged(one, one.metric)
  return {
    steps: steps.map(({ success, duration, p95, p99 }) => ({
      success: toMetric(success),
      duration: toMetric(duration),
      p95: toMetric(p95),
      p99: toMetric(p99),
    })),
    caseMetrics: caseMetrics.map((one) => judged(one, one.kind)),
    tests: tested.length,
  }
}

function isConstant({ base, candidate, p }: Tested): boolean {
  return p === 1 && base === candidate && (base === 0 || base === 1)
}

function toVerdict(tested: Tested, what: Metric | CaseMetricKind, q: number | null): Verdict {
  const { effect, base, candidate, needs } = tested
  if (tested.isLeftOut) return 'not compared'
  if (q === null || effect === null || base === null || candidate === null) return `needs n >= ${needs}`
  if (q >= COMPARISON_RULE.q) return 'no clear change'
  switch (what) {
    case 'success':
    case 'pass rate':
      return rateVerdict(base, candidate)
    case 'score':
      return scoreVerdict(effect.value)
    case 'cost':
      return costVerdict(effect.value)
    default:
      return durationVerdict(effect.value, base)
  }
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

function scoreVerdict(difference: number): Verdict {
  if (Math.abs(difference) < COMPARISON_RULE.rate) return 'no clear change'
  return difference < 0 ? 'worse' : 'better'
}

function costVerdict(ratio: number): Verdict {
  if (ratio >= COMPARISON_RULE.ratio) return 'worse'
  return ratio <= 1 / COMPARISON_RULE.ratio ? 'better' : 'no clear change'
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
  readonly leastWorth: Readonly<Record<Metric, number>>
  readonly minimumCases: number
  readonly mostRuns: number
  readonly sampleSize: number
  readonly windowDays: number
  readonly maxSteps: number
} = {
  /** Largest share of false verdicts among all verdicts of a comparison. */
  q: 0.05,
  /** Durations, costs and failure rates must differ by this factor, up or down. */
  ratio: 1.1,
  /** Durations must also differ by this much. */
  durationNs: 1_000_000,
  /** Success and pass rates, and scores, must differ by this much. */
  rate: 0.01,
  /** Fewest runs per side on which a metric is tested. */
  minimum: { success: 30, duration: 30, p95: 200, p99: 1000 },
  /** How many independent runs those of a side must be worth: of the tails, five runs must lie beyond. */
  leastWorth: { success: 30, duration: 30, p95: 100, p99: 500 },
  /** Fewest cases that two experiments must share: with five, no signed-rank test can reach p < 0.05. */
  minimumCases: 6,
  /** About how many runs of a side are read step by step at most. */
  mostRuns: 50_000,
  /** How many durations per step and side the tests see at most. */
  sampleSize: 5000,
  /** The window of a side that names none. */
  windowDays: 7,
  /** The most frequent steps that a comparison shows. */
  maxSteps: 200,
}
