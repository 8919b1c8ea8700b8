import type { Attributes } from '@opentelemetry/api'
import {
  OPENINFERENCE_SPAN_KIND,
  WEIR_FLOW_NAME,
  WEIR_KIND,
  WEIR_RUN_ID,
  WEIR_STEP_INDEX,
  WEIR_STEP_KEY,
  WEIR_STEP_NAME,
} from '../semconv.ts'
import { newRunId } from '../spans/ids.ts'
import type { Scope } from '../spans/scope.ts'
import { redactedText, type Subject } from '../values/capture.ts'
import type { StepContext, StepPlan } from './step-options.ts'

/** One execution of a step. */
export interface StepExecution extends Subject {
  readonly kind: 'step'
  /** The label. */
  readonly name: string
  readonly fn: (context: StepContext) => unknown
  readonly plan: StepPlan | undefined
  /** Occurrence of the label within the run, 0..n. */
  readonly index: number
  /** How often its label was called before with its key, or in its branch: the same whenever a durable run is executed. */
  readonly occurrence: number
  /** The scope around it. */
  readonly scope: Scope
}

/** What the function of a step gets in one attempt. */
export class AttemptContext implements StepContext {
  readonly attempt: number
  readonly #step: StepExecution
  #signal: AbortSignal | undefined

  constructor(step: StepExecution, attempt: number, signal?: AbortSignal) {
    this.attempt = attempt
    this.#step = step
    this.#signal = signal
  }

  /** Made only for who asks. */
  get signal(): AbortSignal {
    this.#signal ??= new AbortController().signal
    return this.#signal
  }

  get idempotencyKey(): string {
    const { scope, name, key, occurrence } = this.#step
    // Outside of a run nothing else tells two executions apart.
    const run = scope.run?.runId ?? onceFor(this.#step)
    return [run, name, ...(key === undefined ? [] : [`=${key}`]), String(occurrence)]
      .map((part) => encodeURIComponent(part.toWellFormed()))
      .join('/')
  }
}

/** What the span of a step and those of its attempts have in common. */
export function describeStep(step: StepExecution, kind: 'step' | 'attempt'): Attributes {
  const { name, index, scope } = step
  const { run } = scope
  const key = step.key === undefined ? undefined : redactedText('key', step, step.key)
  const attributes: Attributes = {
    [WEIR_KIND]: kind,
    [WEIR_STEP_NAME]: name,
    [OPENINFERENCE_SPAN_KIND]: 'CHAIN',
  }
  // A run that goes on elsewhere too is counted by its spans' starts.
  if (run?.isRemote !== true) attributes[WEIR_STEP_INDEX] = index
  if (run !== undefined) {
    attributes[WEIR_RUN_ID] = run.runId
    attributes[WEIR_FLOW_NAME] = run.flow
  }
  if (key !== undefined) attributes[WEIR_STEP_KEY] = key
  return attributes
}

const ids = new WeakMap<StepExecution, string>()

function onceFor(step: StepExecution): string {
  const id = ids.get(step) ?? newRunId()
  ids.set(step, id)
  return id
}
