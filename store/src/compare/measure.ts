import { anytimeConfidence, anytimeP } from '../statistics/anytime.ts'
import {
  effectiveSize,
  type Inflation,
  studentised,
  studentisedConfidence,
} from '../statistics/effective-size.ts'
import { hodgesLehmannRatio } from '../statistics/hodges-lehmann.ts'
import { CONFIDENCE } from '../statistics/interval.ts'
import { mannWhitney, pooledRanks } from '../statistics/mann-whitney.ts'
import { proportionDifference, proportionTest } from '../statistics/newcombe.ts'
import { beyondQuantile, quantileRatio } from '../statistics/quantile-ratio.ts'
import type { Estimate, TestedMetric } from './comparison.ts'
import { COMPARISON_RULE, type Metric } from './judge.ts'
import { type Observation, type Series, toSeries } from './observation.ts'
import type { SideStats } from './side-queries.ts'
import { type Both, type Sizes, worth } from './worth.ts'

/** One side of one step: what SQL counted, and what the tests see of it. */
export interface Measured {
  readonly stats: SideStats
  /** In the order in which the runs started. */
  readonly observations: readonly Observation[]
}

/**
 * Tests every metric that has enough runs on both sides, and enough that are independent.
 * @param anytime whether the tests must hold however often one looks while runs arrive
 */
export function measure(
  base: Measured,
  candidate: Measured,
  anytime = false,
): Readonly<Record<Metric, TestedMetric>> {
  const sides: Sides = [toSide(base), toSide(candidate)]
  const location = readLocation([sides[0].successes, sides[1].successes])
  return {
    success: measureSuccess(sides, anytime),
    duration: measureDuration(sides, location, anytime),
    p95: measureTail('p95', 0.95, sides, location, anytime),
    p99: measureTail('p99', 0.99, sides, location, anytime),
  }
}

interface Side {
  readonly stats: SideStats
  readonly successes: Series
  /** All that ended: a failure lasted longer than any success. */
  readonly all: Series
}

type Sides = readonly [Side, Side]

function toSide({ stats, observations }: Measured): Side {
  return {
    stats,
    successes: toSeries(observations.filter(({ succeeded }) => succeeded)),
    all: toSeries(observations),
  }
}

function measureSuccess(sides: Sides, anytime: boolean): TestedMetric {
  const [base, candidate] = [sides[0].stats, sides[1].stats]
  const rate = ({ n, succeeded }: SideStats) => (n === 0 ? null : succeeded / n)
  const tested: TestedMetric = {
    metric: 'success',
    baseN: base.n,
    candidateN: candidate.n,
    base: rate(base),
    candidate: rate(candidate),
    ...UNTESTED,
    needs: COMPARISON_RULE.minimum.success,
  }
  // The tests may see a part of the runs: what these share with each other, all share with more of them.
  const sizes = worth(
    [base.n, candidate.n],
    sides.map(({ all }, i) => {
      const seen = all.values.length
      const { size, degrees } = effectiveSize(all.values.map(Number.isFinite).map(Number), all.clusters)
      const n = [base.n, candidate.n][i]!
      return { size: seen === 0 ? n : n / (1 + (1 / size - 1 / seen) * n), degrees }
    }),
  )
  return withEffect(tested, sizes, anytime, ({ degrees }, confidence) => {
    const counts = sizes.counts([base.succeeded, candidate.succeeded])
    const { low, high } = proportionDifference(...counts, studentisedConfidence(confidence, degrees))
    const value = candidate.succeeded / candidate.n - base.succeeded / base.n
    return { value, low, high, p: testShares(counts, degrees) }
  })
}

function measureDuration(sides: Sides, reading: Reading, anytime: boolean): TestedMetric {
  const tested = durationMetric('duration', sides[0].stats, sides[1].stats)
  const [x, y] = [sides[0].successes, sides[1].successes]
  return withEffect(tested, reading.sizes, anytime, (inflation, confidence) => {
    const { ratio: value, low, high } = hodgesLehmannRatio(x.values, y.values, confidence, inflation)
    return { value, low, high, p: agreed(sides, reading, () => readLocation([sides[0].all, sides[1].all])) }
  })
}

/** Few runs lie beyond a tail, and hardly show what they share: where the typical duration cannot be tested for it, the tail is not. */
function measureTail(
  metric: 'p95' | 'p99',
  level: number,
  sides: Sides,
  location: Reading,
  anytime: boolean,
): TestedMetric {
  const [x, y] = [sides[0].successes, sides[1].successes]
  const tested = durationMetric(metric, sides[0].stats, sides[1].stats)
  const { n, sizes, factor } = location.sizes
  const { minimum, leastWorth } = COMPARISON_RULE
  if (n < tested.needs) return tested
  if (Math.min(...sizes) < leastWorth.duration)
    return { ...tested, effective: sizes, needs: Math.ceil(minimum[metric] * factor) }
  const isBeyond = beyondQuantile(x.values, y.values, level)
  const reading = readTail([x, y], isBeyond)
  return withEffect(tested, reading.sizes, anytime, ({ degrees }, confidence) => {
    const wide = studentisedConfidence(confidence, degrees)
    const result = quantileRatio(x.values, y.values, level, wide, reading.sizes.sizes)
    if (result === null) return null
    const p = agreed(sides, reading, () => readTail([sides[0].all, sides[1].all], isBeyond))
    return { ...result, value: result.ratio, p }
  })
}

/** What a test says of some of the runs. */
interface Reading {
  readonly sizes: Sizes
  readonly p: number
  /** Above 0: the candidate is slower. */
  readonly direction: number
}

function readLocation([x, y]: Both<Series>): Reading {
  const n: Both<number> = [x.values.length, y.values.length]
  if (Math.min(...n) === 0) return { sizes: worth(n, []), p: 1, direction: 0 }
  const ranks = pooledRanks(x.values, y.values)
  const sizes = worth(n, [effectiveSize(ranks[0], x.clusters), effectiveSize(ranks[1], y.clusters)])
  const { p, superiority } = mannWhitney(x.values, y.values, sizes.inflation)
  return { sizes, p, direction: superiority - 0.5 }
}

function readTail([x, y]: Both<Series>, isBeyond: (value: number) => boolean): Reading {
  const beyond = [x, y].map(({ values }) => values.map(isBeyond).map(Number)) as [number[], number[]]
  const n: Both<number> = [x.values.length, y.values.length]
  const sizes = worth(n, [effectiveSize(beyond[0], x.clusters), effectiveSize(beyond[1], y.clusters)])
  const [first, second] = beyond.map((some) => some.reduce((sum, one) => sum + one, 0)) as [number, number]
  const p = testShares(sizes.counts([first, second]), sizes.inflation.degrees)
  return { sizes, p, direction: second / n[1] - first / n[0] }
}

function testShares(counts: readonly [number, number, number, number], degrees: number): number {
  const [k1, n1, k2, n2] = counts.map(Math.round) as [number, number, number, number]
  return studentised(proportionTest(k1, n1, k2, n2).p, degrees)
}

/**
 * Durations have changed only if they have among the successes, and also where failures count as slower than any success. So a
 * timeout that cuts the slowest runs off does not make the rest faster, nor does mending it make them slower.
 */
function agreed([base, candidate]: Sides, successes: Reading, readAll: () => Reading): number {
  const failed = ({ successes: some, all }: Side) => all.values.length - some.values.length
  if (failed(base) + failed(candidate) === 0) return successes.p
  const all = readAll()
  return all.direction * successes.direction > 0 ? Math.max(successes.p, all.p) : 1
}

const COLUMN = { duration: 'p50Ns', p95: 'p95Ns', p99: 'p99Ns' } as const
export const UNTESTED = { cases: null, effective: null, effect: null, p: null }

export function durationMetric(
  metric: keyof typeof COLUMN,
  base: SideStats,
  candidate: SideStats,
): TestedMetric {
  return {
    metric,
    baseN: base.succeeded,
    candidateN: candidate.succeeded,
    base: base[COLUMN[metric]],
    candidate: candidate[COLUMN[metric]],
    ...UNTESTED,
    needs: COMPARISON_RULE.minimum[metric],
  }
}

interface Effect extends Estimate {
  readonly p: number
}

export function withEffect(
  tested: TestedMetric,
  { n, sizes, inflation, reduced, factor }: Sizes,
  anytime: boolean,
  test: (inflation: Inflation, confidence: number) => Effect | null,
): TestedMetric {
  const least = COMPARISON_RULE.leastWorth[tested.metric]
  const needs = Math.max(tested.needs, Math.ceil(least * factor))
  const counted = { ...tested, effective: reduced ? sizes : null, needs }
  if (n < tested.needs || Math.min(...sizes) < least) return counted
  const information = 1 / (1 / sizes[0] + 1 / sizes[1])
  const effect = test(inflation, anytime ? anytimeConfidence(CONFIDENCE, information) : CONFIDENCE)
  if (effect === null) return counted
  const { value, low, high, p } = effect
  return { ...counted, effect: { value, low, high }, p: anytime ? anytimeP(p, information) : p }
}
