import type { Attributes, Span } from '@opentelemetry/api'
import { runAttempts } from './attempts.ts'
import { capture } from './capture.ts'
import { expected } from './errors.ts'
import { recordFailure } from './record-error.ts'
import { nextOccurrence, type RunState } from './run-state.ts'
import { callBelow, currentScope, parentContext } from './scope.ts'
import {
  OPENINFERENCE_SPAN_KIND,
  WEIR_FLOW_NAME,
  WEIR_KIND,
  WEIR_RUN_ID,
  WEIR_STEP_ATTEMPTS,
  WEIR_STEP_INDEX,
  WEIR_STEP_KEY,
  WEIR_STEP_NAME,
} from './semconv.ts'
import { endSpan, setAttribute, startSpan } from './span.ts'
import { type StepContext, type StepOptions, toStepPlan } from './step-options.ts'

/** A call with nothing to stop it: the signal exists only if it is asked for, and never aborts. */
class PlainContext implements StepContext {
  readonly attempt = 1
  #signal: AbortSignal | undefined

  get signal(): AbortSignal {
    this.#signal ??= new AbortController().signal
    return this.#signal
  }
}

/** One execution of a step. Its occurrence is counted when it is called, so parallel calls keep their order. */
export async function runStep<T, F>(
  label: string,
  fn: (context: StepContext) => T | Promise<T>,
  options?: StepOptions<F>,
): Promise<T | F> {
  if (typeof label !== 'string' || label === '') throw expected('step label', 'a non-empty string', label)
  if (typeof fn !== 'function') throw expected(`function of step "${label}"`, 'a function', fn)
  const plan = options === undefined ? undefined : toStepPlan(options)
  const scope = currentScope()
  const parent = parentContext(scope)
  const attributes = stepAttributes(label, scope.run)
  if (plan === undefined) attributes[WEIR_STEP_ATTEMPTS] = 1
  const span = startSpan(label, attributes, parent)
  if (options !== undefined) describe(span, label, options)
  try {
    const output =
      plan === undefined
        ? await callBelow(span, parent, scope, fn, new PlainContext())
        : await callBelow(span, parent, scope, runAttempts, span, { label, plan, fn, attributes })
    capture(span, 'output', 'step', label, output)
    return output as T | F
  } catch (error) {
    recordFailure(span, error, plan?.signal)
    throw error
  } finally {
    endSpan(span)
  }
}

function stepAttributes(label: string, run: RunState | undefined): Attributes {
  const attributes: Attributes = {
    [WEIR_KIND]: 'step',
    [WEIR_STEP_NAME]: label,
    [WEIR_STEP_INDEX]: run === undefined ? 0 : nextOccurrence(run, label),
    [OPENINFERENCE_SPAN_KIND]: 'CHAIN',
  }
  if (run !== undefined) {
    attributes[WEIR_RUN_ID] = run.runId
    attributes[WEIR_FLOW_NAME] = run.flow
  }
  return attributes
}

function describe(span: Span, label: string, options: StepOptions<unknown>): void {
  if (options.key !== undefined) setAttribute(span, WEIR_STEP_KEY, options.key)
  capture(span, 'input', 'step', label, options.input)
}
