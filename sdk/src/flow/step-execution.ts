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
import type { Scope } from '../spans/scope.ts'
import type { Subject } from '../values/capture.ts'
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
    const { scope, name, key, index } = this.#step
    return `${scope.run?.runId ?? ''}/${name}/${key ?? index}`
  }
}

/** What the span of a step and those of its attempts have in common. */
export function describeStep(
  { name, index, key, scope }: StepExecution,
  kind: 'step' | 'attempt',
): Attributes {
  const { run } = scope
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
