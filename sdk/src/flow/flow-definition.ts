import type { Store } from '../stores/store.ts'
import type { FlowHooks } from './hooks.ts'
import type { FlowContext } from './run-context.ts'
import type { Schema } from './schema.ts'

/** What `flow` was given. */
export interface FlowDefinition {
  readonly name: string
  readonly version: string | undefined
  readonly input: Schema | undefined
  readonly output: Schema | undefined
  readonly chunk: Schema | undefined
  readonly handler: (input: unknown, context: FlowContext<never, never>) => unknown
  readonly state: Schema | undefined
  readonly store: Store | undefined
  /** Milliseconds. */
  readonly retention: number | undefined
  readonly on: FlowHooks | undefined
}
