import { anytimeConfidence, anytimeP } from '../statistics/anytime.ts'
import { CONFIDENCE } from '../statistics/interval.ts'
import { meanDifference } from '../statistics/mean-difference.ts'
import { signedRank, walshShift } from '../statistics/signed-rank.ts'
import { testBasedInterval } from '../statistics/test-based.ts'
import type { Estimate, Tested } from './comparison.ts'
import { COMPARISON_RULE } from './judge.ts'
import { mean } from './pair-cases.ts'

/** What a test of cases says. */
export interface CaseTest extends Pick<Tested, 'effect' | 'effective' | 'p' | 'needs'> {
  readonly cases: number
}

/**
 * How a test is looked at: once, or however often while trials arrive. Then what has been seen grows with the trials, also where the cases
 * stay the same.
 */
export type Looks = { readonly trials: number } | 'once'

/** Tests the logarithms of ratios, one per case; `effect` is the typical ratio. */
export function testRatios(logarithms: readonly number[], looks: Looks): CaseTest {
  const counted = count(logarithms)
  if (counted.cases < counted.needs) return { ...counted, effect: null, p: null }
  const { shift, low, high } = walshShift(logarithms, confidenceOf(looks))
  const { balance, p } = signedRank(logarithms)
  const effect = { value: Math.exp(shift), low: Math.exp(low), high: Math.exp(high) }
  return { ...counted, effect, p: agreed(balance, shift, looked(p, looks)) }
}

/** Tests pairs of values from 0 to 1, one per case: shares of trials, or scores. `effect` is the mean difference. */
export function testShares(
  pairs: readonly (readonly [base: number, candidate: number])[],
  looks: Looks,
): CaseTest & Pick<Tested, 'base' | 'candidate'> {
  const counted = count(pairs)
  if (pairs.length === 0) return { ...counted, base: null, candidate: null, effect: null, p: null }
  const means = { base: mean(pairs.map(([base]) => base)), candidate: mean(pairs.map(([, value]) => value)) }
  if (counted.cases < counted.needs) return { ...counted, ...means, effect: null, p: null }
  const differences = pairs.map(([base, candidate]) => rounded(candidate - base))
  const { difference: value, ...interval } = meanDifference(differences, confidenceOf(looks))
  const { balance, p: once } = signedRank(differences)
  const p = agreed(balance, value, looked(once, looks))
  return { ...counted, ...means, effect: agreeing({ value, ...interval }, p), p }
}

/**
 * The estimate with an interval that contains 0 exactly if the test does not exclude it. That of the mean must allow for cases that nobody
 * saw, which the test knows nothing of: a score that falls a little in each of ten cases.
 */
function agreeing({ value, low, high }: Estimate, p: number): Estimate {
  const hasZero = low <= 0 && high >= 0
  if (p >= 1 - CONFIDENCE) return { value, low: Math.min(0, low), high: Math.max(0, high) }
  return hasZero ? { value, ...testBasedInterval(value, p) } : { value, low, high }
}

/** Ranks and estimate can point different ways, where a few large changes stand against many small ones: then nothing is clear. */
function agreed(balance: number, estimate: number, p: number): number {
  return balance * estimate < 0 ? 1 : p
}

function count(cases: readonly unknown[]) {
  return { cases: cases.length, effective: null, needs: COMPARISON_RULE.minimumCases }
}

/** Equal differences of decimal fractions must tie. */
function rounded(difference: number): number {
  return Math.round(difference * 1e9) / 1e9
}

function confidenceOf(looks: Looks): number {
  return looks === 'once' ? CONFIDENCE : anytimeConfidence(CONFIDENCE, looks.trials)
}

function looked(p: number, looks: Looks): number {
  return looks === 'once' ? p : anytimeP(p, looks.trials)
}
