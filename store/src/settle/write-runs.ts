import { insertBlocks, insertNative } from '../native/query-native.ts'
import { type ArrayColumn, type ColumnToWrite, type Value, writeNative } from '../native/write-native.ts'
import { NO_PAYLOAD, type Payload } from '../run-model/payload.ts'
import type { StoredFacts } from '../run-model/read-facts.ts'
import type { CallRecord, ModelUse, Run, Step } from '../run-model/run.ts'
import type { SpanFacts } from '../run-model/span-facts.ts'
import type { Store } from '../store.ts'
import { type Payloads, payloadKey } from './read-payloads.ts'

/** A run, and what its row has beside what its spans say. */
export interface RunRow {
  readonly run: Run
  readonly project: string
  /** By which it is counted. */
  readonly flow: string
  /** The version of the row, microseconds since 1970. */
  readonly settled: bigint
  /** There may be an older row of the run. */
  readonly replaces: boolean
}

/** Where a row of `runs` is that is not true any more. */
export interface OutdatedRow {
  readonly project: string
  readonly flow: string
  /** Nanoseconds since 1970. */
  readonly startUnixNano: bigint
  readonly runId: string
  readonly traceId: string
}

/** The type of texts that come again and again. */
const WORD = 'LowCardinality(String)'
const VERSION = `DateTime64(6, 'UTC')`
const NO_SPAN = ''

interface Row extends RunRow {
  readonly input: Payload
  readonly output: Payload
}

const tracesOf = ({ run }: Row): readonly string[] => run.traceIds
const modelsOf = ({ run }: Row): readonly ModelUse[] => run.models
const stepsOf = ({ run }: Row): readonly Step[] => run.steps
const callsOf = ({ run }: Row): readonly CallRecord[] => run.calls

function each<Item>(
  items: (row: Row) => readonly Item[],
  name: string,
  type: string,
  value: (item: Item, row: Row) => Value,
): ArrayColumn<Row, Item> {
  return { name, type, items, value }
}

const COLUMNS: readonly ColumnToWrite<Row>[] = [
  { name: 'project', type: WORD, value: ({ project }) => project },
  { name: 'run_id', type: 'String', value: ({ run }) => run.runId },
  { name: 'trace_id', type: 'FixedString(16)', value: ({ run }) => run.traceId },
  each(tracesOf, 'trace_ids', 'FixedString(16)', (traceId) => traceId),
  { name: 'shares_traces', type: 'UInt8', value: ({ run }) => Number(run.sharesTraces) },
  { name: 'root_span_id', type: 'FixedString(8)', value: ({ run }) => run.root?.spanId ?? NO_SPAN },
  { name: 'parent_run_id', type: 'String', value: ({ run }) => run.parentRunId },
  { name: 'flow', type: WORD, value: ({ flow }) => flow },
  { name: 'version', type: WORD, value: ({ run }) => run.version },
  { name: 'environment', type: WORD, value: ({ run }) => run.environment },
  { name: 'service', type: WORD, value: ({ run }) => run.service },
  { name: 'source', type: WORD, value: ({ run }) => run.source },
  { name: 'status', type: WORD, value: ({ run }) => run.status },
  { name: 'incomplete', type: 'UInt8', value: ({ run }) => Number(run.incomplete) },
  { name: 'lost_steps', type: 'UInt32', value: ({ run }) => run.lostSteps },
  { name: 'start', type: `DateTime64(9, 'UTC')`, value: ({ run }) => run.startUnixNano },
  { name: 'duration_ns', type: 'UInt64', value: ({ run }) => run.durationNs },
  { name: 'session_id', type: 'String', value: ({ run }) => run.sessionId },
  { name: 'user_id', type: 'String', value: ({ run }) => run.userId },
  { name: 'experiment_id', type: 'String', value: ({ run }) => run.experimentId },
  { name: 'case_id', type: 'String', value: ({ run }) => run.caseId },
  { name: 'trial', type: 'UInt32', value: ({ run }) => run.trial },
  { name: 'input', type: 'String', value: ({ input }) => input.input },
  { name: 'output', type: 'String', value: ({ output }) => output.output },
  { name: 'input_type', type: WORD, value: ({ input }) => input.inputType },
  { name: 'output_type', type: WORD, value: ({ output }) => output.outputType },
  { name: 'input_length', type: 'UInt32', value: ({ input }) => input.inputLength },
  { name: 'output_length', type: 'UInt32', value: ({ output }) => output.outputLength },
  { name: 'metadata', type: 'String', value: ({ run }) => run.metadata },
  { name: 'error_type', type: WORD, value: ({ run }) => run.errorType },
  { name: 'error_message', type: 'String', value: ({ run }) => run.errorMessage },
  { name: 'input_tokens', type: 'UInt64', value: ({ run }) => run.inputTokens },
  { name: 'output_tokens', type: 'UInt64', value: ({ run }) => run.outputTokens },
  { name: 'cached_input_tokens', type: 'UInt64', value: ({ run }) => run.cachedInputTokens },
  { name: 'reasoning_tokens', type: 'UInt64', value: ({ run }) => run.reasoningTokens },
  { name: 'cost', type: 'Float64', value: ({ run }) => run.cost },
  { name: 'unpriced_tokens', type: 'UInt64', value: ({ run }) => run.unpricedTokens },
  { name: 'span_count', type: 'UInt32', value: ({ run }) => run.spanCount },
  { name: 'error_count', type: 'UInt32', value: ({ run }) => run.errorCount },
  each(modelsOf, 'models', WORD, ({ model }) => model),
  each(modelsOf, 'model_providers', WORD, ({ provider }) => provider),
  each(modelsOf, 'model_calls', 'UInt32', ({ calls }) => calls),
  each(modelsOf, 'model_errors', 'UInt32', ({ errors }) => errors),
  each(modelsOf, 'model_input_tokens', 'UInt64', (model) => model.inputTokens),
  each(modelsOf, 'model_output_tokens', 'UInt64', (model) => model.outputTokens),
  each(modelsOf, 'model_cached_input_tokens', 'UInt64', (model) => model.cachedInputTokens),
  each(modelsOf, 'model_reasoning_tokens', 'UInt64', (model) => model.reasoningTokens),
  each(modelsOf, 'model_costs', 'Float64', ({ cost }) => cost),
  each(modelsOf, 'model_unpriced_tokens', 'UInt64', (model) => model.unpricedTokens),
  each(modelsOf, 'model_durations_ns', 'UInt64', ({ durationNs }) => durationNs),
  each(stepsOf, 'step_names', WORD, ({ name }) => name),
  each(stepsOf, 'step_occurrences', 'UInt32', ({ occurrence }) => occurrence),
  each(stepsOf, 'step_kinds', WORD, ({ kind }) => kind),
  each(stepsOf, 'step_statuses', WORD, ({ status }) => status),
  each(stepsOf, 'step_starts_ns', 'Int64', ({ startNs }) => startNs),
  each(stepsOf, 'step_durations_ns', 'UInt64', ({ durationNs }) => durationNs),
  each(stepsOf, 'step_uncertain_ns', 'UInt64', ({ uncertainNs }) => uncertainNs),
  each(stepsOf, 'step_attempts', 'UInt32', ({ attempts }) => attempts),
  each(stepsOf, 'step_fallbacks', 'UInt8', ({ fallback }) => Number(fallback)),
  each(stepsOf, 'step_parents', 'Int32', ({ parent }) => parent),
  each(stepsOf, 'step_input_tokens', 'UInt64', ({ usage }) => usage.inputTokens),
  each(stepsOf, 'step_output_tokens', 'UInt64', ({ usage }) => usage.outputTokens),
  each(stepsOf, 'step_costs', 'Float64', ({ usage }) => usage.cost),
  each(stepsOf, 'step_unpriced_tokens', 'UInt64', ({ usage }) => usage.unpricedTokens),
  each(stepsOf, 'step_traces', 'UInt32', ({ span }, { run }) => traceIndex(run, span)),
  each(stepsOf, 'step_span_ids', 'FixedString(8)', ({ span }) => span.spanId),
  each(callsOf, 'call_names', WORD, ({ name }) => name),
  each(callsOf, 'call_kinds', WORD, ({ kind }) => kind),
  each(callsOf, 'call_statuses', WORD, ({ status }) => status),
  each(callsOf, 'call_starts_ns', 'Int64', ({ startNs }) => startNs),
  each(callsOf, 'call_durations_ns', 'UInt64', ({ durationNs }) => durationNs),
  each(callsOf, 'call_uncertain_ns', 'UInt64', ({ uncertainNs }) => uncertainNs),
  each(callsOf, 'call_steps', 'Int32', ({ step }) => step),
  { name: 'settled', type: VERSION, value: ({ settled }) => settled },
  { name: 'replaces', type: 'UInt8', value: ({ replaces }) => Number(replaces) },
]

/** Some runs of one project as a block. What was read of their spans' inputs and outputs need not be among `payloads`. */
export function encodeRuns(runs: readonly RunRow[], payloads: Payloads): Buffer {
  const payloadOf = (span: SpanFacts | undefined) => {
    if (span === undefined) return NO_PAYLOAD
    const facts = span as StoredFacts
    return facts.payload ?? (payloads.size === 0 ? undefined : payloads.get(payloadKey(facts))) ?? NO_PAYLOAD
  }
  const rows = runs.map((row): Row => {
    return { ...row, input: payloadOf(row.run.inputOf), output: payloadOf(row.run.outputOf) }
  })
  return writeNative(rows, COLUMNS)
}

/** Bytes of one insert: the engine has all of it in memory. */
const MOST_BYTES = 64_000_000

/** Inserts blocks of runs, many at once. */
export class RunWriter {
  readonly store: Store
  #blocks: Buffer[] = []
  #bytes = 0

  constructor(store: Store) {
    this.store = store
  }

  /** @param block of {@link encodeRuns} */
  async write(block: Buffer): Promise<void> {
    if (this.#bytes + block.length > MOST_BYTES) await this.flush()
    this.#blocks.push(block)
    this.#bytes += block.length
  }

  /** To be called after the last block. */
  async flush(): Promise<void> {
    const blocks = this.#blocks
    ;[this.#blocks, this.#bytes] = [[], 0]
    await insertBlocks(this.store, 'runs', COLUMNS, blocks)
  }
}

/** Rows that are deleted by their key: what else they had is not kept. */
export async function deleteRuns(
  store: Store,
  outdated: readonly OutdatedRow[],
  version: bigint,
): Promise<void> {
  await insertNative(store, 'runs', outdated, [
    { name: 'project', type: WORD, value: ({ project }) => project },
    { name: 'flow', type: WORD, value: ({ flow }) => flow },
    { name: 'start', type: `DateTime64(9, 'UTC')`, value: ({ startUnixNano }) => startUnixNano },
    { name: 'run_id', type: 'String', value: ({ runId }) => runId },
    { name: 'trace_id', type: 'FixedString(16)', value: ({ traceId }) => traceId },
    { name: 'is_deleted', type: 'UInt8', value: () => 1 },
    { name: 'settled', type: VERSION, value: () => version },
  ])
}

/** A run that spans traces names its spans by trace and id. */
function traceIndex({ traceIds }: Run, { traceId }: SpanFacts): number {
  return traceId === traceIds[0] ? 0 : traceIds.indexOf(traceId)
}
