import { expected } from '../errors.ts'
import { currentCapture } from '../runtime.ts'
import { WEIR_STEP_ATTEMPTS } from '../semconv.ts'
import { recordFailure } from '../spans/record-error.ts'
import { callIn, currentScope, placeOf } from '../spans/scope.ts'
import { isRecording, startSpan } from '../spans/start-span.ts'
import { capture } from '../values/capture.ts'
import { isStream, observeStream } from '../values/streams.ts'
import { isCancellation } from './abort.ts'
import { runAttempts } from './attempts.ts'
import { tell } from './hooks.ts'
import { countKeyed, nextOccurrence, type RunState } from './run-state.ts'
import { AttemptContext, describeStep, type StepExecution } from './step-execution.ts'
import { type StepContext, type StepOptions, toStepPlan } from './step-options.ts'

/** One execution of a step. Its occurrence is counted when it is called, so parallel calls keep their order. */
export async function runStep<T, F>(
  label: string,
  fn: (context: StepContext) => T | Promise<T>,
  options?: StepOptions<F>,
): Promise<T | F> {
  if (typeof label !== 'string' || label === '') throw expected('step label', 'a non-empty string', label)
  if (typeof fn !== 'function') throw expected(`function of step "${label}"`, 'a function', fn)
  const scope = currentScope()
  const { run, signal, branch } = scope
  const plan = toStepPlan(options, signal)
  const key = options?.key ?? (branch === '' ? undefined : branch)
  const index = run === undefined ? 0 : nextOccurrence(run, label)
  const occurrence =
    scope.journal?.countStep(label, key) ??
    (key === undefined || run === undefined ? index : countKeyed(run, label, key))
  const step: StepExecution = { kind: 'step', name: label, fn, plan, index, key, occurrence, scope }
  if (scope.journal !== undefined)
    return scope.journal.step(step, () => executeStep(step, options)) as Promise<T | F>
  const isPlain = plan === undefined && (run === undefined || run.listeners.length === 0) && !isRecording()
  if (!isPlain) return executeStep(step, options) as Promise<T | F>
  const output = await fn(new AttemptContext(step, 1))
  return isStream(output)
    ? (observeStream(output, {
        span: undefined,
        subject: step,
        fields: scope,
        base: scope.base,
        finish: () => {},
      }) as T)
    : output
}

async function executeStep(step: StepExecution, options: StepOptions<unknown> | undefined): Promise<unknown> {
  const { name: label, fn, plan, scope } = step
  const { run, session, signal, branch } = scope
  const attributes = describeStep(step, 'step')
  if (plan === undefined) attributes[WEIR_STEP_ATTEMPTS] = 1
  const began = run !== undefined && run.listeners.length > 0 ? performance.now() : 0
  const place = placeOf(scope)
  const span = startSpan(label, attributes, place)
  if (options !== undefined) capture(span, 'input', step, options.input)
  const path = currentCapture().redact === undefined ? scope.path : [...scope.path, label]
  const inside = { run, session, span, signal, branch, path, journal: undefined }
  let isOpen = false
  try {
    const output =
      plan === undefined
        ? await callIn(inside, place.base, fn, new AttemptContext(step, 1))
        : await callIn(inside, place.base, runAttempts, span, step, plan)
    const stream = observeStream(output, {
      span,
      subject: step,
      fields: inside,
      base: place.base,
      finish: () => span?.end(),
    })
    if (stream === undefined) capture(span, 'output', step, output)
    else isOpen = true
    if (run !== undefined && run.listeners.length > 0) report(run, step, began, 'ok', { output })
    return stream ?? output
  } catch (error) {
    recordFailure(span, error, step, plan?.signals)
    if (run !== undefined && run.listeners.length > 0) {
      const isCancelled = plan !== undefined && isCancellation(error, ...plan.signals)
      report(run, step, began, isCancelled ? 'cancelled' : 'error', { error })
    }
    throw error
  } finally {
    if (!isOpen) span?.end()
  }
}

function report(
  run: RunState,
  { name, index, key }: StepExecution,
  began: number,
  status: 'ok' | 'error' | 'cancelled',
  result: { output: unknown } | { error: unknown },
): void {
  const step = { label: name, index, key, status, duration: performance.now() - began, ...result }
  tell(run, (listener) => listener.step?.(step))
}
