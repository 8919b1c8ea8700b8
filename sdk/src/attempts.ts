import type { Attributes, Span } from '@opentelemetry/api'
import { isCancellation, limited, wait } from './abort.ts'
import { recordError, recordFailure } from './record-error.ts'
import { delayAfter } from './retry.ts'
import { callBelow, currentScope, parentContext } from './scope.ts'
import { WEIR_KIND, WEIR_STEP_ATTEMPT, WEIR_STEP_ATTEMPTS, WEIR_STEP_FALLBACK } from './semconv.ts'
import { endSpan, setAttribute, startSpan } from './span.ts'
import type { StepContext, StepPlan } from './step-options.ts'

/** One call of `flow.step` that has options. */
export interface StepCall {
  readonly label: string
  readonly plan: StepPlan
  readonly fn: (context: StepContext) => unknown
  /** What the attempts have in common with the step. */
  readonly attributes: Attributes
}

/** Tries until one succeeds or no try is left, then the fallback. Runs inside the step's span. */
export async function runAttempts(step: Span, call: StepCall): Promise<unknown> {
  const { retry, signal } = call.plan
  const execute = retry === undefined ? once : inSpan
  for (let attempt = 1; ; attempt++) {
    setAttribute(step, WEIR_STEP_ATTEMPTS, attempt)
    try {
      return await execute(call, attempt)
    } catch (error) {
      if (isCancellation(error, signal)) throw error
      if (retry === undefined || attempt >= retry.attempts || !(await mayRetry(call.plan, error, attempt))) {
        return useFallback(step, call.plan, error)
      }
      await wait(delayAfter(retry, attempt, Math.random()), signal)
    }
  }
}

function once({ label, plan, fn }: StepCall, attempt: number): Promise<unknown> {
  return limited({ step: label, timeout: plan.timeout, signal: plan.signal }, (signal) =>
    fn({ attempt, signal }),
  )
}

async function inSpan(call: StepCall, attempt: number): Promise<unknown> {
  const scope = currentScope()
  const parent = parentContext(scope)
  const attributes = { ...call.attributes, [WEIR_KIND]: 'attempt', [WEIR_STEP_ATTEMPT]: attempt }
  const span = startSpan(call.label, attributes, parent)
  try {
    return await callBelow(span, parent, scope, once, call, attempt)
  } catch (error) {
    recordFailure(span, error, call.plan.signal)
    throw error
  } finally {
    endSpan(span)
  }
}

async function mayRetry(plan: StepPlan, error: unknown, attempt: number): Promise<boolean> {
  return plan.shouldRetry === undefined || (await plan.shouldRetry(error, attempt))
}

async function useFallback(step: Span, plan: StepPlan, error: unknown): Promise<unknown> {
  if (plan.fallback === undefined) throw error
  recordError(step, error)
  const output = await plan.fallback(error)
  setAttribute(step, WEIR_STEP_FALLBACK, true)
  return output
}
