import { type CaseTest, type Looks, testRatios, testShares } from './case-tests.ts'
import type { TestedMetric } from './comparison.ts'
import type { Metric } from './judge.ts'
import { type Measured, measure } from './measure.ts'
import { type Observation, positive } from './observation.ts'
import { type CasePair, mean, pairByCase } from './pair-cases.ts'

/**
 * Tests a step of two experiments that share cases: each case has one value, the mean over its trials. The tails cannot be told
 * of single cases: they are tested as in {@link measure}.
 */
export function measurePaired(
  base: Measured,
  candidate: Measured,
  anytime = false,
): Readonly<Record<Metric, TestedMetric>> {
  const { duration, p95, p99 } = measure(base, candidate, anytime)
  const pairs = pairByCase(base.observations, candidate.observations, ({ key }) => key)
  return {
    success: pairedSuccess(pairs, anytime),
    duration: { ...duration, ...pairedDuration(pairs, anytime) },
    p95,
    p99,
  }
}

function pairedSuccess(pairs: readonly CasePair<Observation>[], anytime: boolean): TestedMetric {
  const share = (side: readonly Observation[]) => mean(side.map(({ succeeded }) => (succeeded ? 1 : 0)))
  const trials = pairs.reduce((sum, { base }) => sum + base.length, 0)
  const values = pairs.map(({ base, candidate }) => [share(base), share(candidate)] as const)
  return {
    metric: 'success',
    baseN: trials,
    candidateN: trials,
    ...testShares(values, looksOf(pairs, anytime)),
  }
}

/** Per case, the ratio of the geometric means of its successful trials; of cases that succeeded on both sides. */
function pairedDuration(pairs: readonly CasePair<Observation>[], anytime: boolean): CaseTest {
  const ratios = pairs.flatMap(({ base, candidate }) => {
    const ratio = logMean(candidate) - logMean(base)
    return Number.isNaN(ratio) ? [] : [ratio]
  })
  return testRatios(ratios, looksOf(pairs, anytime))
}

function looksOf(pairs: readonly CasePair<Observation>[], anytime: boolean): Looks {
  return anytime ? { trials: pairs.reduce((sum, { base }) => sum + base.length, 0) } : 'once'
}

/** NaN without a success. */
function logMean(side: readonly Observation[]): number {
  return mean(side.flatMap(({ duration, succeeded }) => (succeeded ? [Math.log(positive(duration))] : [])))
}
