import type { RunRecord } from '@weir/store/run-model'
import { cutText } from '@weir/store/text'
import { z } from 'zod'
import { messageOf } from '../errors.ts'
import { CheckError, capitalised, type Finding, type Judgement, quote, unverifiable } from './check.ts'
import {
  executionName,
  executionsText,
  lostText,
  mayLack,
  type Recorded,
  recordedOf,
  type Selected,
  type Subject,
} from './executions.ts'
import { partsOf } from './parts.ts'
import { type Check, checkSchema, typeOf } from './table.ts'

/** Characters of a reason: it quotes what was recorded, which can be any length. */
const MAX_REASON = 4_000

/**
 * What a check says of a recorded run. Pure: the same check and run always give the same judgement. Never throws.
 * `unverifiable` means that the run does not hold what the check needs, or that it cannot be judged; it fails a gate like `failed`.
 */
export function judge(check: Check, run: RunRecord): Judgement {
  const { outcome, reason } = judgeSafely(check, run)
  return {
    outcome,
    reason: reason.length > MAX_REASON ? `${cutText(reason, MAX_REASON)}...` : reason,
  }
}

/** A check that cannot cope with one run must not keep the others from being judged. */
function judgeSafely(check: Check, run: RunRecord): Judgement {
  try {
    return judgeParts(check, run)
  } catch (error) {
    return unverifiable(`Could not be judged: ${messageOf(error)}`)
  }
}

/** A part that fails decides, whatever the others are and whatever else the run does. */
function judgeParts(check: Check, run: RunRecord): Judgement {
  const lost = lostText(run)
  if (lost !== undefined && isCounted(check))
    return unverifiable(
      `Which execution is meant cannot be told: ${lost}. ${executionsText(recordedFor(check, run))}`,
    )
  const { parts, missing, mayGrow } = partsOf(check, run)
  let open: Judgement | undefined
  let passed: Judgement | undefined
  for (const part of parts) {
    const judgement = judgePart(check, part)
    if (judgement.outcome === 'failed') return judgement
    if (judgement.outcome === 'passed') passed ??= judgement
    else open ??= judgement
  }
  if (open !== undefined) return open
  if (passed === undefined) return unverifiable(missing)
  const lack = mayLack(run)
  if (mayGrow && lack !== undefined) return unverifiable(`${capitalised(lack)}. So far: ${passed.reason}`)
  const { outcome, reason } = passed
  return parts.length === 1 ? passed : { outcome, reason: `${reason}; so it is ${parts.length} times` }
}

/** Whether it means one occurrence of a name, by its number among all. */
function isCounted(check: Check): boolean {
  return ('at' in check && check.at !== undefined) || ('in' in check && check.in?.at !== undefined)
}

function judgePart(check: Check, part: Recorded): Judgement {
  const { outcome, reason } = oppose(check, part, typeOf(check).judge(check, part))
  return part.inside === undefined
    ? { outcome, reason }
    : { outcome, reason: `In "${executionName(part.inside)}": ${reason}` }
}

/** The finding, or its opposite if the check asks for that. */
function oppose(check: Check, part: Recorded, finding: Finding): Judgement {
  const { outcome, reason, absent } = finding
  if (check.not !== true) return finding
  if (outcome === 'unverifiable' || absent === true) return unverifiable(reason)
  if (outcome === 'failed') return { outcome: 'passed', reason: `as expected: ${reason}` }
  return { outcome: 'failed', reason: `Expected the opposite: ${reason}. ${executionsText(part)}` }
}

/** The run with what a failure lists: the executions of the check's subject, or the steps. */
export function recordedFor(check: Check, run: RunRecord): Recorded {
  return recordedOf(run, 'of' in check ? check.of : 'steps')
}

/** The check as its author would write it: `steps.not.toHaveRun('apologise')`. */
export function describeCheck(check: Check): string {
  const { describe, isEach } = typeOf(check)
  const [matcher, ...args] = describe(check)
  const subject: Subject | 'run' = 'of' in check ? check.of : 'run'
  const scope = 'in' in check && check.in !== undefined ? `.in(${selectedText(check.in)})` : ''
  const at = 'at' in check ? check.at : undefined
  const isSelected = isEach === true || at !== undefined
  const selected = isSelected ? `.${at === undefined ? 'every' : 'at'}(${args.shift()}${andAt(at)})` : ''
  return `${subject}${scope}${selected}${check.not === true ? '.not' : ''}.${matcher}(${args.join(', ')})`
}

function selectedText({ name, at }: Selected): string {
  return quote(name) + andAt(at)
}

function andAt(at: number | undefined): string {
  return at === undefined ? '' : `, ${at}`
}

/** Whether a check reads what steps or calls took, gave or used: `details` of `getRunRecords`. Without them it is unverifiable. */
export function needsDetails(check: Check): boolean {
  return typeOf(check).needsDetails?.(check) === true
}

/** Checks that were stored or sent as JSON. Throws a {@link CheckError} that says which one is wrong. */
export function parseChecks(value: unknown): Check[] {
  const checks = parseCode(value)
  const code = checks.find((check) => typeOf(check).hasFunction?.(check) === true)
  if (code === undefined) return checks
  throw new CheckError(
    `${describeCheck(code)} has a function, and a check is data, so that it can be stored: write a regular expression or a zod schema instead, or assert it in expect.`,
  )
}

/** The same where checks need not be stored: their patterns may have functions. */
export function parseCode(value: unknown): Check[] {
  const parsed = z.array(checkSchema).safeParse(value)
  if (parsed.success) return parsed.data
  throw new CheckError(`Expected a list of checks. ${z.prettifyError(parsed.error)}`, { cause: parsed.error })
}
