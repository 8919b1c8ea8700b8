import { effectiveSize, studentised, studentisedConfidence } from '../statistics/effective-size.ts'
import { pooledRanks } from '../statistics/mann-whitney.ts'
import { adjustedRates, mantelHaenszelTest, type RateStratum } from '../statistics/mantel-haenszel.ts'
import { vanElteren, vanElterenRatio } from '../statistics/van-elteren.ts'
import type { TestedMetric } from './comparison.ts'
import { COMPARISON_RULE, type Metric } from './judge.ts'
import { durationMetric, type Measured, UNTESTED, withEffect } from './measure.ts'
import { type Observation, positive, toSeries } from './observation.ts'
import { type Both, type Sizes, worth } from './worth.ts'

/**
 * Tests success and duration within strata: a run is compared with runs of its stratum only. Those of strata that only one side has do
 * not count. The tails of strata are made of too few runs each, and are not compared.
 */
export function measureAdjusted(
  base: Measured,
  candidate: Measured,
  anytime = false,
): Readonly<Record<Metric, TestedMetric>> {
  const all = shared([base.observations, candidate.observations])
  const succeeded = ({ succeeded: has }: Observation) => has
  const successes = shared([base.observations.filter(succeeded), candidate.observations.filter(succeeded)])
  const stats: Both<Measured> = [base, candidate]
  return {
    success: measureSuccess(all, anytime),
    duration: measureDuration(stats, successes, all, anytime),
    p95: { ...durationMetric('p95', base.stats, candidate.stats), isLeftOut: true },
    p99: { ...durationMetric('p99', base.stats, candidate.stats), isLeftOut: true },
  }
}

type Sides = Both<readonly Observation[]>

/** What both sides have of each stratum, in the order of time. */
function shared([base, candidate]: Sides): Sides {
  const strataOf = (side: readonly Observation[]) => new Set(side.map(({ stratum }) => stratum))
  const [before, after] = [strataOf(base), strataOf(candidate)]
  return [
    base.filter(({ stratum }) => after.has(stratum)),
    candidate.filter(({ stratum }) => before.has(stratum)),
  ]
}

function strataOf([base, candidate]: Sides): Both<readonly Observation[]>[] {
  const others = Map.groupBy(candidate, ({ stratum }) => stratum)
  return [...Map.groupBy(base, ({ stratum }) => stratum)].map(([key, own]) => [own, others.get(key)!])
}

/** What the runs are worth, by values of which each has its stratum's mean taken off. */
function sizesOf(sides: Sides, valuesOf: (one: Observation) => number): Sizes {
  const n: Both<number> = [sides[0].length, sides[1].length]
  if (Math.min(...n) === 0) return worth(n, [])
  return worth(
    n,
    sides.map((side) => effectiveSize(side.map(valuesOf), toSeries(side).clusters)),
  )
}

function measureSuccess(sides: Sides, anytime: boolean): TestedMetric {
  const strata = strataOf(sides)
  const passed = (some: readonly Observation[]) => some.filter(({ succeeded }) => succeeded).length
  const rates = new Map(
    strata.map(([x, y]) => [x[0]!.stratum, (passed(x) + passed(y)) / (x.length + y.length)]),
  )
  const sizes = sizesOf(sides, ({ succeeded, stratum }) => Number(succeeded) - rates.get(stratum)!)
  const tested: TestedMetric = {
    ...{ metric: 'success', baseN: sides[0].length, candidateN: sides[1].length },
    ...{ ...UNTESTED, base: null, candidate: null, needs: COMPARISON_RULE.minimum.success },
  }
  if (strata.length === 0) return tested
  const tables = strata.map(([x, y]): RateStratum => {
    const [first, second] = [sizes.sizes[0] / sides[0].length, sizes.sizes[1] / sides[1].length]
    return {
      ...{ k1: passed(x) * first, n1: x.length * first },
      ...{ k2: passed(y) * second, n2: y.length * second },
    }
  })
  const { first: base, second: candidate } = adjustedRates(tables)
  return withEffect({ ...tested, base, candidate }, sizes, anytime, ({ degrees }, confidence) => {
    const { difference, low, high } = adjustedRates(tables, studentisedConfidence(confidence, degrees))
    return { value: difference, low, high, p: studentised(mantelHaenszelTest(tables), degrees) }
  })
}

/** As in `measure`: durations have changed only if they also have where failures count as slower than any success. */
function measureDuration(
  [base, candidate]: Both<Measured>,
  successes: Sides,
  all: Sides,
  anytime: boolean,
): TestedMetric {
  const tested = {
    ...durationMetric('duration', base.stats, candidate.stats),
    ...{ baseN: successes[0].length, candidateN: successes[1].length },
  }
  const reading = readLocation(successes)
  return withEffect(tested, reading.sizes, anytime, (inflation, confidence) => {
    const { ratio: value, low, high } = vanElterenRatio(reading.strata, confidence, inflation)
    const failed = all[0].length + all[1].length - successes[0].length - successes[1].length
    const withFailures = failed === 0 ? reading : readLocation(all)
    const isAgreed = withFailures.balance * reading.balance > 0
    return { value, low, high, p: isAgreed ? Math.max(reading.p, withFailures.p) : 1 }
  })
}

function readLocation(sides: Sides) {
  const value = ({ duration, succeeded }: Observation) => (succeeded ? positive(duration) : Infinity)
  const observed = strataOf(sides)
  const strata = observed.map(([x, y]) => ({ first: x.map(value), second: y.map(value) }))
  const scores = new Map<Observation, number>()
  for (const [i, both] of observed.entries()) {
    const total = both[0].length + both[1].length
    const ranks = pooledRanks(strata[i]!.first, strata[i]!.second)
    for (const side of [0, 1] as const)
      for (const [j, one] of both[side].entries()) scores.set(one, ranks[side][j]! / (total + 1))
  }
  const sizes = sizesOf(sides, (one) => scores.get(one)!)
  return { strata, sizes, ...vanElteren(strata, sizes.inflation) }
}
