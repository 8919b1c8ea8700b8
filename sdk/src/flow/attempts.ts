import type { HrTime } from '@opentelemetry/api'
import { isTerminal, StepTimeoutError } from '../errors.ts'
import { WEIR_STEP_ATTEMPT, WEIR_STEP_ATTEMPTS, WEIR_STEP_FALLBACK } from '../semconv.ts'
import { recordError, recordFailure } from '../spans/record-error.ts'
import { callIn, callWith, currentScope, type Place, placeOf } from '../spans/scope.ts'
import type { RecordedSpan } from '../spans/span.ts'
import { startSpan } from '../spans/start-span.ts'
import { isCancellation, limited, wait } from './abort.ts'
import { delayAfter } from './retry.ts'
import { AttemptContext, describeStep, type StepExecution } from './step-execution.ts'
import type { StepPlan } from './step-options.ts'

/**
 * Tries until one succeeds or no try is left, then the fallback. Runs inside the step's span. A first try that succeeds needs no
 * span of its own; one that is followed by another gets its span then.
 */
export async function runAttempts(
  span: RecordedSpan | undefined,
  step: StepExecution,
  plan: StepPlan,
): Promise<unknown> {
  const { retry, signals } = plan
  for (let attempt = 1; ; attempt++) {
    span?.set(WEIR_STEP_ATTEMPTS, attempt)
    try {
      return await (attempt === 1 ? once(step, plan, 1) : inSpan(step, plan, attempt))
    } catch (error) {
      if (isCancellation(error, ...signals)) throw error
      const isLast = retry === undefined || attempt >= retry.attempts
      const retries = !isLast && (await mayRetry(plan, error, attempt))
      if (!retries) return useFallback(span, step, plan, error)
      if (attempt === 1) recordFirst(step, error, span?.startTime)
      await wait(delayAfter(retry, attempt, Math.random()), signals)
    }
  }
}

async function once(step: StepExecution, plan: StepPlan, attempt: number): Promise<unknown> {
  const { name, fn } = step
  const { timeout, signals } = plan
  if (timeout === undefined && signals.length === 0) return fn(new AttemptContext(step, attempt))
  const timeoutError = (milliseconds: number) => new StepTimeoutError(name, milliseconds)
  return limited({ timeout, timeoutError, signals }, (signal) => {
    // What runs inside is stopped together with the attempt.
    return callWith({ signal }, fn, new AttemptContext(step, attempt, signal))
  })
}

async function inSpan(step: StepExecution, plan: StepPlan, attempt: number): Promise<unknown> {
  const scope = currentScope()
  const place = placeOf(scope)
  const span = startAttempt(step, attempt, place)
  try {
    return await callIn({ ...scope, span, journal: undefined }, place.base, once, step, plan, attempt)
  } catch (error) {
    recordFailure(span, error, step, plan.signals)
    throw error
  } finally {
    span?.end()
  }
}

/** The span of a first try, when it is known that it was not the only one. */
function recordFirst(step: StepExecution, error: unknown, startTime: HrTime | undefined): void {
  const span = startAttempt(step, 1, placeOf(currentScope()), startTime)
  recordFailure(span, error, step)
  span?.end()
}

function startAttempt(
  step: StepExecution,
  attempt: number,
  place: Place,
  startTime?: HrTime,
): RecordedSpan | undefined {
  return startSpan(
    step.name,
    { ...describeStep(step, 'attempt'), [WEIR_STEP_ATTEMPT]: attempt },
    place,
    startTime,
  )
}

/** What a guardrail decided, or a schema refused, is so the next time too. */
async function mayRetry({ shouldRetry }: StepPlan, error: unknown, attempt: number): Promise<boolean> {
  return shouldRetry === undefined ? !isTerminal(error) : await shouldRetry(error, attempt)
}

async function useFallback(
  span: RecordedSpan | undefined,
  step: StepExecution,
  { fallback, shouldRetry }: StepPlan,
  error: unknown,
): Promise<unknown> {
  if (fallback === undefined || (shouldRetry === undefined && isTerminal(error))) throw error
  recordError(span, error, step)
  const output = await fallback(error)
  span?.set(WEIR_STEP_FALLBACK, true)
  return output
}
