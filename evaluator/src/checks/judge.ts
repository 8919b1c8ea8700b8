import type { RunRecord } from '@weir/store/run-model'
import { cutText } from '@weir/store/text'
import { messageOf } from '../errors.ts'
import { type Check, type Finding, type Judgement, type Subject, unverifiable } from './check.ts'
import { judgeOrder } from './execution-order.ts'
import { judgeRan } from './execution-ran.ts'
import {
  judgeDuration,
  judgeFallback,
  judgeRetries,
  judgeStatus,
  judgeSucceeded,
} from './execution-states.ts'
import { judgeTrajectory } from './execution-trajectory.ts'
import { recordedOf } from './executions.ts'
import { executionsText } from './executions-text.ts'
import { judgeOutputContain, judgeOutputEqual, judgeOutputSchema } from './output-checks.ts'
import { judgeCost, judgeErrors, judgeRunDuration, judgeRunStatus, judgeTokens } from './run-checks.ts'

/** Characters of a reason: it quotes what was recorded, which can be any length. */
const LONGEST_REASON = 4_000

/**
 * What a check says of a recorded run. Pure: the same check and run always give the same judgement. Never throws.
 * `unverifiable` means that the run does not hold what the check needs, or that it cannot be judged; it fails a gate like `failed`.
 */
export function judge(check: Check, run: RunRecord): Judgement {
  const { outcome, reason } = judgement(check, run)
  return {
    outcome,
    reason: reason.length > LONGEST_REASON ? `${cutText(reason, LONGEST_REASON)}...` : reason,
  }
}

function judgement(check: Check, run: RunRecord): Judgement {
  const finding = findSafely(check, run)
  if (check.not !== true) return { outcome: finding.outcome, reason: finding.reason }
  if (finding.outcome === 'unverifiable' || finding.absent === true) {
    return { outcome: 'unverifiable', reason: finding.reason }
  }
  if (finding.outcome === 'failed') return { outcome: 'passed', reason: `as expected: ${finding.reason}` }
  return {
    outcome: 'failed',
    reason: `Expected the opposite: ${finding.reason}. ${executionsText(recordedOf(run, subjectOf(check)))}`,
  }
}

/** What a failure lists. */
export function subjectOf(check: Check): Subject {
  return 'of' in check ? check.of : 'steps'
}

/** What a check cannot cope with in one run must not keep the others from being judged. */
function findSafely(check: Check, run: RunRecord): Finding {
  try {
    return find(check, run)
  } catch (error) {
    return unverifiable(`Could not be judged: ${messageOf(error)}`)
  }
}

function find(check: Check, run: RunRecord): Finding {
  const recorded = () => recordedOf(run, subjectOf(check))
  switch (check.type) {
    case 'execution.ran':
      return judgeRan(check, recorded())
    case 'execution.succeeded':
      return judgeSucceeded(check, recorded())
    case 'execution.status':
      return judgeStatus(check, recorded())
    case 'execution.order':
      return judgeOrder(check, recorded())
    case 'execution.trajectory':
      return judgeTrajectory(check, recorded())
    case 'execution.duration':
      return judgeDuration(check, recorded())
    case 'execution.retries':
      return judgeRetries(check, recorded())
    case 'execution.fallback':
      return judgeFallback(check, recorded())
    case 'run.status':
      return judgeRunStatus(check, run)
    case 'run.duration':
      return judgeRunDuration(check, run)
    case 'run.errors':
      return judgeErrors(check, run)
    case 'run.cost':
      return judgeCost(check, run)
    case 'run.tokens':
      return judgeTokens(check, run)
    case 'output.equal':
      return judgeOutputEqual(check, run)
    case 'output.contain':
      return judgeOutputContain(check, run)
    case 'output.schema':
      return judgeOutputSchema(check, run)
  }
}
