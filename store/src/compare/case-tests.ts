import { anytimeConfidence, anytimeP } from '../statistics/anytime.ts'
import { CONFIDENCE } from '../statistics/interval.ts'
import { meanDifference } from '../statistics/mean-difference.ts'
import { signedRank, walshShift } from '../statistics/signed-rank.ts'
import type { Estimate, Tested } from './comparison.ts'
import { COMPARISON_RULE } from './judge.ts'
import { mean } from './pair-cases.ts'

/** What a test of cases says. */
export interface CaseTest extends Pick<Tested, 'effect' | 'effective' | 'p' | 'needs'> {
  readonly cases: number
}

/** Tests the logarithms of ratios, one per case; `effect` is the typical ratio. */
export function testRatios(logarithms: readonly number[], anytime: boolean): CaseTest {
  const counted = count(logarithms)
  if (counted.cases < counted.needs) return { ...counted, effect: null, p: null }
  const { shift, low, high } = walshShift(logarithms, confidenceOf(logarithms.length, anytime))
  const { balance, p } = signedRank(logarithms)
  const effect = { value: Math.exp(shift), low: Math.exp(low), high: Math.exp(high) }
  return { ...counted, effect, p: agreed(balance, shift, looked(p, logarithms.length, anytime)) }
}

/** Tests pairs of values from 0 to 1, one per case: shares of trials, or scores. `effect` is the mean difference. */
export function testShares(
  pairs: readonly (readonly [base: number, candidate: number])[],
  anytime: boolean,
): CaseTest & Pick<Tested, 'base' | 'candidate'> {
  const counted = count(pairs)
  if (pairs.length === 0) return { ...counted, base: null, candidate: null, effect: null, p: null }
  const means = { base: mean(pairs.map(([base]) => base)), candidate: mean(pairs.map(([, value]) => value)) }
  if (counted.cases < counted.needs) return { ...counted, ...means, effect: null, p: null }
  const differences = pairs.map(([base, candidate]) => rounded(candidate - base))
  const { difference: value, low, high } = meanDifference(differences, confidenceOf(pairs.length, anytime))
  const effect: Estimate = { value, low, high }
  const { balance, p } = signedRank(differences)
  return { ...counted, ...means, effect, p: agreed(balance, value, looked(p, pairs.length, anytime)) }
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

function confidenceOf(cases: number, anytime: boolean): number {
  return anytime ? anytimeConfidence(CONFIDENCE, cases) : CONFIDENCE
}

function looked(p: number, cases: number, anytime: boolean): number {
  return anytime ? anytimeP(p, cases) : p
}
