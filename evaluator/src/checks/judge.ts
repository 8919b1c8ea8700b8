import type { RunRecord } from '@weir/store/run-model'
import { cutText } from '@weir/store/text'
import { z } from 'zod'
import { messageOf } from '../errors.ts'
import { CheckError, type Finding, type Judgement, unverifiable } from './check.ts'
import { executionsText, type Recorded, recordedOf, type Subject } from './executions.ts'
import { type Check, checkSchema, typeOf } from './table.ts'

/** Characters of a reason: it quotes what was recorded, which can be any length. */
const MAX_REASON = 4_000

/**
 * What a check says of a recorded run. Pure: the same check and run always give the same judgement. Never throws.
 * `unverifiable` means that the run does not hold what the check needs, or that it cannot be judged; it fails a gate like `failed`.
 */
export function judge(check: Check, run: RunRecord): Judgement {
  const { outcome, reason } = judgement(check, run)
  return {
    outcome,
    reason: reason.length > MAX_REASON ? `${cutText(reason, MAX_REASON)}...` : reason,
  }
}

function judgement(check: Check, run: RunRecord): Judgement {
  const finding = findSafely(check, run)
  if (check.not !== true) return finding
  const { outcome, reason } = finding
  if (outcome === 'unverifiable' || finding.absent === true) return { outcome: 'unverifiable', reason }
  if (outcome === 'failed') return { outcome: 'passed', reason: `as expected: ${reason}` }
  return {
    outcome: 'failed',
    reason: `Expected the opposite: ${reason}. ${executionsText(recordedFor(check, run))}`,
  }
}

/** A check that cannot cope with one run must not keep the others from being judged. */
function findSafely(check: Check, run: RunRecord): Finding {
  try {
    return typeOf(check).judge(check, recordedFor(check, run))
  } catch (error) {
    return unverifiable(`Could not be judged: ${messageOf(error)}`)
  }
}

/** The run with what a failure lists: the executions of the check's subject, or the steps. */
export function recordedFor(check: Check, run: RunRecord): Recorded {
  return recordedOf(run, 'of' in check ? check.of : 'steps')
}

/** The check as its author would write it: `steps.not.toHaveRun('apologise')`. */
export function describeCheck(check: Check): string {
  const subject: Subject | 'run' = 'of' in check ? check.of : 'run'
  return `${subject}${check.not === true ? '.not' : ''}.${typeOf(check).describe(check)}`
}

/** Checks that were stored or sent as JSON. Throws a {@link CheckError} that says which one is wrong. */
export function parseChecks(value: unknown): Check[] {
  const parsed = z.array(checkSchema).safeParse(value)
  if (parsed.success) return parsed.data
  throw new CheckError(`Expected a list of checks. ${z.prettifyError(parsed.error)}`, { cause: parsed.error })
}
