import { isLatest } from '../latest-runs.ts'
import { queryNative } from '../native/query-native.ts'
import { assembleRuns } from '../run-model/assemble-runs.ts'
import { FACT_COLUMNS, readFacts } from '../run-model/read-facts.ts'
import type { Run } from '../run-model/run.ts'
import type { SpanFacts } from '../run-model/span-facts.ts'
import { type QueryParams, rows, type Store } from '../store.ts'

type Row = Readonly<Record<string, unknown>>

/**
 * All columns of the rows that `runs` has of a project, but for those that say when and over what it was written: as pages find them, or
 * as FINAL does.
 */
export async function storedRuns(
  store: Store,
  project: string,
  how: 'latest' | 'final' = 'latest',
): Promise<Row[]> {
  const ofProject = 'project = {project:String}'
  const found = await rows<Row>(
    store,
    `SELECT * EXCEPT (settled, is_deleted, replaces, run_key) REPLACE (
      lower(hex(trace_id)) AS trace_id, arrayMap(id -> lower(hex(id)), trace_ids) AS trace_ids,
      lower(hex(root_span_id)) AS root_span_id, arrayMap(id -> lower(hex(id)), step_span_ids) AS step_span_ids,
      toString(toUnixTimestamp64Nano(start)) AS start)
    FROM runs AS run ${how === 'final' ? `FINAL WHERE ${ofProject}` : `WHERE ${ofProject} AND ${isLatest(ofProject)}`}`,
    { project },
  )
  return sortedById(found)
}

/** The same, as the run model makes it of all spans that are stored. */
export async function assembledRuns(store: Store, project: string, nowMs: number): Promise<Row[]> {
  const ofProject = `FROM spans WHERE project = {project:String}`
  const facts = readFacts(
    await queryNative(store, `SELECT ${FACT_COLUMNS.join(', ')} ${ofProject}`, { project }),
  )
  const stored = await rows<Row & { record: string }>(
    store,
    `SELECT concat(lower(hex(trace_id)), lower(hex(span_id)), toString(toUnixTimestamp64Nano(end))) AS record,
      input, output, input_type, output_type, input_length, output_length ${ofProject}`,
    { project },
  )
  const payloads = new Map(stored.map(({ record, ...payload }) => [record, payload]))
  const payloadOf = (span: SpanFacts | undefined, name: string) =>
    (span && payloads.get(span.traceId + span.spanId + span.endNs)?.[name]) ??
    (name.endsWith('length') ? 0 : '')
  return sortedById(assembleRuns(facts, nowMs).map((run) => ({ project, ...rowOf(run, payloadOf) })))
}

function sortedById(found: readonly Row[]): Row[] {
  return found.toSorted((a, b) => (String(a.run_id) < String(b.run_id) ? -1 : 1))
}

function rowOf(run: Run, payloadOf: (span: SpanFacts | undefined, name: string) => unknown): Row {
  const { models, steps, calls, traceIds } = run
  return {
    run_id: run.runId,
    trace_id: run.traceId,
    trace_ids: traceIds,
    shares_traces: Number(run.sharesTraces),
    root_span_id: run.root?.spanId ?? '0'.repeat(16),
    parent_run_id: run.parentRunId,
    flow: run.flow,
    version: run.version,
    environment: run.environment,
    service: run.service,
    source: run.source,
    status: run.status,
    incomplete: Number(run.incomplete),
    lost_steps: run.lostSteps,
    start: String(run.startUnixNano),
    duration_ns: run.durationNs,
    session_id: run.sessionId,
    user_id: run.userId,
    experiment_id: run.experimentId,
    case_id: run.caseId,
    trial: run.trial,
    input: payloadOf(run.inputOf, 'input'),
    input_type: payloadOf(run.inputOf, 'input_type'),
    input_length: payloadOf(run.inputOf, 'input_length'),
    output: payloadOf(run.outputOf, 'output'),
    output_type: payloadOf(run.outputOf, 'output_type'),
    output_length: payloadOf(run.outputOf, 'output_length'),
    metadata: run.metadata,
    error_type: run.errorType,
    error_message: run.errorMessage,
    input_tokens: run.inputTokens,
    output_tokens: run.outputTokens,
    cached_input_tokens: run.cachedInputTokens,
    reasoning_tokens: run.reasoningTokens,
    cost: run.cost,
    unpriced_tokens: run.unpricedTokens,
    span_count: run.spanCount,
    error_count: run.errorCount,
    models: models.map(({ model }) => model),
    model_providers: models.map(({ provider }) => provider),
    model_calls: models.map((use) => use.calls),
    model_errors: models.map(({ errors }) => errors),
    model_input_tokens: models.map(({ inputTokens }) => inputTokens),
    model_output_tokens: models.map(({ outputTokens }) => outputTokens),
    model_cached_input_tokens: models.map(({ cachedInputTokens }) => cachedInputTokens),
    model_reasoning_tokens: models.map(({ reasoningTokens }) => reasoningTokens),
    model_costs: models.map(({ cost }) => cost),
    model_unpriced_tokens: models.map(({ unpricedTokens }) => unpricedTokens),
    model_durations_ns: models.map(({ durationNs }) => durationNs),
    step_names: steps.map(({ name }) => name),
    step_occurrences: steps.map(({ occurrence }) => occurrence),
    step_kinds: steps.map(({ kind }) => kind),
    step_statuses: steps.map(({ status }) => status),
    step_starts_ns: steps.map(({ startNs }) => startNs),
    step_durations_ns: steps.map(({ durationNs }) => durationNs),
    step_uncertain_ns: steps.map(({ uncertainNs }) => uncertainNs),
    step_attempts: steps.map(({ attempts }) => attempts),
    step_fallbacks: steps.map(({ fallback }) => Number(fallback)),
    step_parents: steps.map(({ parent }) => parent),
    step_input_tokens: steps.map(({ usage }) => usage.inputTokens),
    step_output_tokens: steps.map(({ usage }) => usage.outputTokens),
    step_costs: steps.map(({ usage }) => usage.cost),
    step_unpriced_tokens: steps.map(({ usage }) => usage.unpricedTokens),
    step_traces: steps.map(({ span }) => traceIds.indexOf(span.traceId)),
    step_span_ids: steps.map(({ span }) => span.spanId),
    call_names: calls.map(({ name }) => name),
    call_kinds: calls.map(({ kind }) => kind),
    call_statuses: calls.map(({ status }) => status),
    call_starts_ns: calls.map(({ startNs }) => startNs),
    call_durations_ns: calls.map(({ durationNs }) => durationNs),
    call_uncertain_ns: calls.map(({ uncertainNs }) => uncertainNs),
    call_steps: calls.map(({ step }) => step),
  }
}

const GROUPS = 'project, flow, second, environment, service, version, source'
const QUANTILES = '0.5, 0.95, 0.99'

/** What charts read of the flows whose name begins so: the totals of each minute, all of its slices together. */
export function storedMinutes(store: Store, flow = ''): Promise<Row[][]> {
  const of = (table: string) => `FROM ${table} AS total FINAL WHERE startsWith(total.flow, {flow:String})`
  const second = 'toUnixTimestamp(minute) AS second'
  const usage = `sum(total.input_tokens) AS input_tokens, sum(total.output_tokens) AS output_tokens, sum(total.cost) AS cost,
    sum(total.unpriced_tokens) AS unpriced_tokens,
    quantilesBFloat16WeightedArray(${QUANTILES})(CAST(duration_values, 'Array(Float32)'), duration_counts) AS quantiles`
  return both(store, { flow }, [
    `SELECT project, flow, ${second}, environment, service, version, source, toUInt64(sum(total.runs)) AS runs,
      toUInt64(sum(total.errors)) AS errors, ${usage}
    ${of('run_minutes')} GROUP BY ${GROUPS} ORDER BY ${GROUPS}`,
    `SELECT project, flow, ${second}, environment, service, version, source, step, kind,
      toUInt64(sum(total.executions)) AS executions, toUInt64(sum(total.errors)) AS errors,
      toUInt64(sum(total.retried)) AS retried, toUInt64(sum(total.fallbacks)) AS fallbacks,
      sum(total.start_offset_sum) AS offsets, ${usage}
    ${of('step_minutes')} GROUP BY ${GROUPS}, step, kind ORDER BY ${GROUPS}, step, kind`,
  ])
}

/** The same of the runs themselves, in arithmetic that does not wrap around. */
export function recountedMinutes(store: Store, flow = ''): Promise<Row[][]> {
  const second = 'intDiv(toUnixTimestamp64Nano(start), 60000000000) * 60 AS second'
  const of = 'FROM runs AS run FINAL'
  const where = `WHERE startsWith(run.flow, {flow:String})
    AND start >= toDateTime64(0, 9, 'UTC') AND start < toDateTime64('2106-02-07 06:28:00', 9, 'UTC')`
  return both(store, { flow }, [
    `SELECT project, flow, ${second}, environment, service, version, source, count() AS runs, countIf(status = 'error') AS errors,
      sum(run.input_tokens) AS input_tokens, sum(run.output_tokens) AS output_tokens, sum(run.cost) AS cost,
      sum(run.unpriced_tokens) AS unpriced_tokens,
      quantilesBFloat16If(${QUANTILES})(duration_ns, NOT incomplete) AS quantiles
    ${of} ${where} GROUP BY ${GROUPS} ORDER BY ${GROUPS}`,
    `SELECT project, flow, ${second}, environment, service, version, source, step, kind, count() AS executions,
      countIf(step_status = 'error') AS errors, countIf(attempts > 1) AS retried, countIf(fallback) AS fallbacks,
      sum(toFloat64(offset)) AS offsets,
      sum(tokens_in) AS input_tokens, sum(tokens_out) AS output_tokens, sum(step_cost) AS cost,
      sum(tokens_unpriced) AS unpriced_tokens,
      quantilesBFloat16If(${QUANTILES})(step_ns, step_status IN ('ok', 'error')) AS quantiles
    ${of} ARRAY JOIN step_names AS step, step_kinds AS kind, step_statuses AS step_status, step_attempts AS attempts,
      step_fallbacks AS fallback, step_starts_ns AS offset, step_durations_ns AS step_ns, step_input_tokens AS tokens_in,
      step_output_tokens AS tokens_out, step_costs AS step_cost, step_unpriced_tokens AS tokens_unpriced
    ${where} GROUP BY ${GROUPS}, step, kind ORDER BY ${GROUPS}, step, kind`,
  ])
}

function both(store: Store, params: QueryParams, queries: readonly string[]): Promise<Row[][]> {
  return Promise.all(queries.map((query) => rows<Row>(store, query, params)))
}
