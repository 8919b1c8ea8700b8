import type { Observation } from '@weir/store/compare'
import type { Random } from './random.ts'

/** One side of a comparison of production runs, in the order in which they started. */
export type Traffic = (random: Random, n: number) => Observation[]

const MEDIAN_NS = 100e6
const alone = { succeeded: true, key: 0 }

function each(n: number, draw: () => Observation): Observation[] {
  return Array.from({ length: n }, draw)
}

/** A lognormal duration around 100 ms. */
function lognormal(random: Random, sigma = 0.5): number {
  return MEDIAN_NS * Math.exp(sigma * random.normal())
}

export const independent: Traffic = (random, n) => each(n, () => ({ ...alone, duration: lognormal(random) }))

/** Pareto with index 1.1: its variance is infinite. */
export const heavyTailed: Traffic = (random, n) =>
  each(n, () => ({ ...alone, duration: MEDIAN_NS * random.uniform() ** (-1 / 1.1) }))

/** Whole ticks of 50 ms. */
export const tied: Traffic = (random, n) =>
  each(n, () => ({ ...alone, duration: 50e6 * Math.ceil(lognormal(random) / 50e6) }))

/** A cache hit in four of five, ten times as fast as a miss. */
export const bimodal: Traffic = (random, n) =>
  each(n, () => ({ ...alone, duration: lognormal(random, 0.2) * (random.chance(0.8) ? 1 : 10) }))

/** One in ten fails, fast. */
export const failing: Traffic = (random, n) =>
  each(n, () =>
    random.chance(0.1)
      ? { ...alone, succeeded: false, duration: 2e6 }
      : { ...alone, duration: lognormal(random) },
  )

/** The logarithms follow a first-order autoregression; it goes on from one side to the next. */
export function autoregressive(rho: number): () => Traffic {
  return () => {
    let last: number | undefined
    return (random, n) =>
      each(n, () => {
        last = last === undefined ? random.normal() : rho * last + Math.sqrt(1 - rho * rho) * random.normal()
        return { ...alone, duration: MEDIAN_NS * Math.exp(0.5 * last) }
      })
  }
}

/** Half of the variance drifts slowly, with a correlation of 0.99 from run to run; the rest is noise. */
export const drifting: () => Traffic = () => {
  const slow = autoregressive(0.99)()
  return (random, n) =>
    slow(random, n).map((one) => ({ ...one, duration: one.duration * Math.exp(0.5 * random.normal()) }))
}

/** Each user has a pace and a failure rate of their own; the runs of 20 users are mixed in time. */
export const users: Traffic = (random, n) => {
  const all = Array.from({ length: 20 }, (_, i) => ({
    key: i + 1 + Math.floor(random.uniform() * 2 ** 31) * 32,
    pace: Math.exp(0.5 * random.normal()),
    failing: 0.1 * random.uniform() ** 3,
  }))
  return Array.from({ length: n }, (_, i) => all[i % all.length]!)
    .map((user) => ({ user, at: random.uniform() }))
    .sort((a, b) => a.at - b.at)
    .map(({ user: { key, pace, failing: rate } }) => ({
      key,
      succeeded: !random.chance(rate),
      duration: pace * lognormal(random),
    }))
}

/** Runs of two kinds, of which one takes five times as long and fails more often; `heavy` is its share. */
export function mixed(heavy: number): Traffic {
  return (random, n) =>
    each(n, () => {
      const isHeavy = random.chance(heavy)
      return {
        ...{ key: 0, stratum: isHeavy ? 'heavy' : 'light' },
        succeeded: !random.chance(isHeavy ? 0.1 : 0.01),
        duration: lognormal(random) * (isHeavy ? 5 : 1),
      }
    })
}

/** The slowest tenth is cut off by a timeout, and fails. */
export const timingOut: Traffic = (random, n) =>
  independent(random, n).map((one) => {
    const limit = MEDIAN_NS * Math.exp(0.5 * 1.2816)
    return one.duration < limit ? one : { ...one, succeeded: false, duration: limit }
  })

/** All take this many times as long. */
export function slower(traffic: Traffic, factor: number): Traffic {
  return (random, n) => traffic(random, n).map((one) => ({ ...one, duration: one.duration * factor }))
}
