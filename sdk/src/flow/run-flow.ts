import { executeDurably } from '../durable/execute.ts'
import { currentScope } from '../spans/scope.ts'
import type { FlowDefinition } from './flow-definition.ts'
import { executeRun } from './run.ts'
import type { RunOptions } from './run-options.ts'
import type { RunListener } from './run-state.ts'

/** Runs a flow: kept by its store, or by that of the run whose handler calls it, or by none. */
export async function runFlow(
  flow: FlowDefinition,
  input: unknown,
  options: RunOptions = {},
  reader?: RunListener,
): Promise<unknown> {
  const store = flow.store ?? currentScope().journal?.store
  return store === undefined
    ? executeRun(flow, input, options, reader)
    : executeDurably(flow, store, input, options, reader)
}
