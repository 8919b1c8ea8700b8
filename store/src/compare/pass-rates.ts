import { mcnemarExact } from '../statistics/mcnemar.ts'
import { proportionDifference } from '../statistics/newcombe.ts'
import type { Estimate } from './comparison.ts'
import { COMPARISON_RULE } from './judge.ts'

/** Outcome of one trial of a case. */
export interface CaseOutcome {
  readonly caseId: string
  readonly passed: boolean
}

/** Two experiments on the same cases. A case passes if every one of its trials does. */
export interface PassRateComparison {
  readonly baseCases: number
  readonly candidateCases: number
  /** `null` without a case. */
  readonly basePassRate: number | null
  readonly candidatePassRate: number | null
  /** Candidate minus base over all cases, with Newcombe's interval for independent samples; `null` without a case. */
  readonly difference: Estimate | null
  /** Cases that both sides have. */
  readonly paired: number
  /** Ids that passed in the base and fail in the candidate. */
  readonly broke: readonly string[]
  /** Ids that failed in the base and pass in the candidate. */
  readonly fixed: readonly string[]
  /** Exact McNemar over the paired cases, two-sided; `null` without a pair. */
  readonly p: number | null
  readonly verdict: 'worse' | 'better' | 'no clear change'
}

/**
 * Compares the pass rates of two experiments. The verdict rests on the paired cases; fewer than 6 changed cases can never
 * give one.
 */
export function comparePassRates(
  base: readonly CaseOutcome[],
  candidate: readonly CaseOutcome[],
): PassRateComparison {
  const before = byCase(base)
  const after = byCase(candidate)
  const pairs = [...before].filter(([id]) => after.has(id))
  const broke = pairs.filter(([id, passed]) => passed && !after.get(id)).map(([id]) => id)
  const fixed = pairs.filter(([id, passed]) => !passed && after.get(id)).map(([id]) => id)
  const p = pairs.length === 0 ? null : mcnemarExact(broke.length, fixed.length)
  return {
    baseCases: before.size,
    candidateCases: after.size,
    basePassRate: passRate(before),
    candidatePassRate: passRate(after),
    difference: difference(before, after),
    paired: pairs.length,
    broke,
    fixed,
    p,
    verdict: toVerdict(broke.length, fixed.length, pairs.length, p),
  }
}

type Cases = ReadonlyMap<string, boolean>

function byCase(outcomes: readonly CaseOutcome[]): Cases {
  const cases = new Map<string, boolean>()
  for (const { caseId, passed } of outcomes) cases.set(caseId, passed && (cases.get(caseId) ?? true))
  return cases
}

function passes(cases: Cases): number {
  return [...cases.values()].filter(Boolean).length
}

function passRate(cases: Cases): number | null {
  return cases.size === 0 ? null : passes(cases) / cases.size
}

function difference(before: Cases, after: Cases): Estimate | null {
  if (before.size === 0 || after.size === 0) return null
  const {
    difference: value,
    low,
    high,
  } = proportionDifference(passes(before), before.size, passes(after), after.size)
  return { value, low, high }
}

function toVerdict(broke: number, fixed: number, paired: number, p: number | null) {
  if (p === null || p >= COMPARISON_RULE.q || Math.abs(broke - fixed) / paired < COMPARISON_RULE.rate)
    return 'no clear change'
  return broke > fixed ? 'worse' : 'better'
}
