import { executeDurably, identify } from '../durable/execute.ts'
import { newRunId } from '../spans/ids.ts'
import { currentScope } from '../spans/scope.ts'
import type { Store } from '../stores/store.ts'
import type { FlowDefinition } from './flow-definition.ts'
import { executeRun } from './run.ts'
import { type RunOptions, refuseKey } from './run-options.ts'
import type { RunListener } from './run-state.ts'

/** Its own store keeps a run, or that of the run whose handler calls it. */
function storeOf(flow: FlowDefinition): Store | undefined {
  return flow.store ?? currentScope().journal?.store
}

export function runFlow(flow: FlowDefinition, input: unknown, options: RunOptions = {}): Promise<unknown> {
  const store = storeOf(flow)
  return store === undefined ? executeRun(flow, input, options) : identified(flow, store, input, options)
}

/** The same, with an id that is known at once. */
export function startFlow(
  flow: FlowDefinition,
  input: unknown,
  options: RunOptions,
  reader: RunListener,
): { readonly id: string; readonly result: Promise<unknown> } {
  const store = storeOf(flow)
  if (store !== undefined) {
    const identity = identify(flow, options)
    return { id: identity.id, result: executeDurably(flow, store, input, options, reader, identity) }
  }
  refuseKey(flow.name, options)
  const id = options.id ?? newRunId()
  return { id, result: executeRun(flow, input, { ...options, id }, reader) }
}

async function identified(
  flow: FlowDefinition,
  store: Store,
  input: unknown,
  options: RunOptions,
): Promise<unknown> {
  return executeDurably(flow, store, input, options, undefined, identify(flow, options))
}
