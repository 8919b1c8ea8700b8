import { shareInterval } from '../statistics/share-interval.ts'
import { type Looks, testRatios, testShares } from './case-tests.ts'
import type { CaseMetricKind, TestedCaseMetric } from './comparison.ts'
import { mean, pairByCase } from './pair-cases.ts'

/** One value per trial: whether it passed (1 or 0), a score from 0 to 1, or a cost in US dollars. */
export interface TrialValues {
  readonly kind: CaseMetricKind
  /** The scorer's name; '' for the others. */
  readonly name: string
  /** In the order of trials. */
  readonly values: readonly TrialValue[]
}

export interface TrialValue {
  readonly caseId: string
  readonly value: number
}

/** Tests what both experiments have values of, paired by case. */
export function measureCases(
  base: readonly TrialValues[],
  candidate: readonly TrialValues[],
  anytime = false,
): TestedCaseMetric[] {
  return base.flatMap((own) => {
    const other = candidate.find(({ kind, name }) => kind === own.kind && name === own.name)
    return other === undefined ? [] : [measureOne(own, other, anytime)]
  })
}

function measureOne(
  { kind, name, values }: TrialValues,
  other: TrialValues,
  anytime: boolean,
): TestedCaseMetric {
  const pairs = pairByCase(values, other.values, ({ caseId }) => caseId)
  const meanOf = (side: readonly TrialValue[]) => mean(side.map(({ value }) => value))
  const means = pairs.map(({ base, candidate }) => [meanOf(base), meanOf(candidate)] as const)
  const trials = pairs.reduce((sum, { base }) => sum + base.length, 0)
  const looks = anytime ? { trials } : 'once'
  const measured = kind === 'cost' ? measureCosts(means, looks) : measureShares(means, looks)
  return { kind, name, baseN: trials, candidateN: trials, ...measured }
}

type Means = readonly (readonly [base: number, candidate: number])[]

function measureShares(means: Means, looks: Looks) {
  const tested = testShares(means, looks)
  const interval = (value: number | null) => (value === null ? null : shareInterval(value, means.length))
  return {
    ...tested,
    baseInterval: interval(tested.base),
    candidateInterval: interval(tested.candidate),
  }
}

/** A case that costs nothing on one side alone has no ratio, and is left out. */
function measureCosts(means: Means, looks: Looks) {
  const of = (side: 0 | 1) => (means.length === 0 ? null : mean(means.map((pair) => pair[side])))
  const ratios = means.flatMap(([a, b]) => (a > 0 && b > 0 ? [Math.log(b / a)] : a === b ? [0] : []))
  return {
    ...testRatios(ratios, looks),
    base: of(0),
    candidate: of(1),
    baseInterval: null,
    candidateInterval: null,
  }
}
