import { execute, type Store } from '@weir/store'

/** Spans of a generated run: the flow, its three steps, and a model call in the last one. */
const SPANS_PER_RUN = 5
const RUNS_PER_BATCH = 200_000

/** Fills a migrated store with settled runs of 8 flows over the 24 hours before `end`, their spans and their minutes. */
export async function generate(
  store: Store,
  spans: number,
  end: Date,
  progress: (spans: number) => void,
): Promise<void> {
  const runs = Math.round(spans / SPANS_PER_RUN)
  for (let first = 0; first < runs; first += RUNS_PER_BATCH) {
    const count = Math.min(RUNS_PER_BATCH, runs - first)
    const params = { first, count, runs, end: Math.floor(end.getTime() / 1000) }
    await execute(store, INSERT_RUNS, params)
    await execute(store, INSERT_SPANS, params)
    progress((first + count) * SPANS_PER_RUN)
  }
  await execute(store, INSERT_RUN_MINUTES)
  await execute(store, INSERT_STEP_MINUTES)
}

/** Uniform in 0..1 by a hash of the run's number and a salt: every statement sees the same run. */
const uniform = (salt: string): string => `(cityHash64(number, '${salt}') % 1000003 + 1) / 1000004`
/** A standard normal deviate by Box and Muller. */
const normal = (salt: string): string =>
  `(sqrt(-2 * log(${uniform(`${salt}1`)})) * cos(2 * pi() * ${uniform(`${salt}2`)}))`

const INSERT_RUNS = `
  INSERT INTO runs (
    project, run_id, trace_id, trace_ids, root_span_id, flow, version, environment, service, source, status, start,
    duration_ns, session_id, user_id, input, output, input_type, output_type, error_type, error_message,
    input_tokens, output_tokens, cost, span_count, error_count, models, model_providers, model_calls, model_errors,
    model_input_tokens, model_output_tokens, model_cached_input_tokens, model_reasoning_tokens, model_costs,
    model_durations_ns, step_names, step_occurrences, step_kinds, step_statuses, step_starts_ns,
    step_durations_ns, step_uncertain_ns, step_attempts, step_fallbacks, step_parents, step_input_tokens,
    step_output_tokens, step_costs, step_traces, step_span_ids, call_names, call_kinds, call_statuses, call_starts_ns,
    call_durations_ns, call_uncertain_ns, call_steps, settled
  )
  WITH
    cityHash64(number, 'flow') % 36 AS dice,
    toUInt8(floor((sqrt(8 * dice + 1) - 1) / 2)) AS flow_number,
    toUInt64(1e6 * (50 + 20 * flow_number) * exp(0.6 * ${normal('duration')})) AS duration,
    ${uniform('error')} < 0.02 AS failed,
    murmurHash3_128(number, 'trace') AS trace,
    arrayMap(i -> substring(murmurHash3_128(number, i), 1, 8)::FixedString(8), range(5)) AS ids
  SELECT
    'default', lower(hex(trace)), trace, [trace], ids[1],
    concat('flow-', toString(flow_number)) AS flow,
    if(${uniform('version')} < 0.5, '1.3', '1.4'), 'production', 'bench', 'production',
    if(failed, 'error', 'ok') AS status,
    fromUnixTimestamp64Nano(toInt64({end:UInt32} * 1000000000 - intDiv(86400 * 1000000000, {runs:UInt64}) * (number + 1)), 'UTC'),
    duration,
    concat('session-', toString(intDiv(number, 5))), concat('user-', toString(cityHash64(number, 'user') % 5000)),
    concat('{"query":"question ', toString(number), ' about launches and their plans"}'),
    concat('{"answer":"', repeat('lorem ipsum ', 8), toString(number), '"}'),
    'json', 'json', if(failed, 'TimeoutError', ''), if(failed, 'the model did not answer in time', ''),
    800 + number % 400 AS input_tokens, 200 + number % 100 AS output_tokens, 0.002 AS cost, 5, if(failed, 2, 0),
    ['gpt-5'], ['openai'], [1], [0], [input_tokens], [output_tokens], [0], [0], [cost], [toUInt64(duration * 0.5)],
    ['plan', 'search', 'synthesize'], [0, 0, 0], ['step', 'step', 'step'], ['ok', 'ok', status],
    [toInt64(0), toInt64(duration * 0.2), toInt64(duration * 0.5)],
    [toUInt64(duration * 0.2), toUInt64(duration * 0.3), toUInt64(duration * 0.5)],
    [0, 0, 0], [1, 1, 1], [0, 0, 0], [-1, -1, -1], [0, 0, input_tokens], [0, 0, output_tokens], [0, 0, cost],
    [0, 0, 0], [ids[2], ids[3], ids[4]], ['gpt-5'], ['model'], ['ok'], [toInt64(duration * 0.5)],
    [toUInt64(duration * 0.5)], [0], [2], now64(6)
  FROM numbers({first:UInt64}, {count:UInt64})`

const INSERT_SPANS = `
  INSERT INTO spans (
    project, trace_id, span_id, parent_span_id, name, kind, declared_flow, declared_run_id, status, service, environment,
    version, session_id, user_id, step_index, model, provider, input_tokens, output_tokens, cost, start, end,
    input, output, input_type, output_type, span_name, otel_kind, attributes, attribute_types, resource, scope
  )
  WITH
    if(i = 0, toInt64(0), run.step_starts_ns[least(i, 3)]) AS offset,
    if(i = 0, run.duration_ns, run.step_durations_ns[least(i, 3)]) AS duration
  SELECT
    run.project, run.trace_id,
    multiIf(i = 0, run.root_span_id, i = 4, reverse(run.step_span_ids[3])::FixedString(8), run.step_span_ids[i]) AS span_id,
    multiIf(i = 0, toFixedString('', 8), i = 4, run.step_span_ids[3], run.root_span_id),
    multiIf(i = 0, run.flow, i = 4, 'gpt-5', run.step_names[i]) AS label,
    multiIf(i = 0, 'flow', i = 4, 'model', 'step') AS kind,
    run.flow, run.run_id, if(i IN (0, 3), run.status, 'ok'), run.service, run.environment, run.version,
    run.session_id, run.user_id, if(kind = 'step', 0, -1), if(i = 4, 'gpt-5', ''), if(i = 4, 'openai', ''),
    if(i = 4, run.input_tokens, 0), if(i = 4, run.output_tokens, 0), if(i = 4, run.cost, 0),
    fromUnixTimestamp64Nano(toUnixTimestamp64Nano(run.start) + offset, 'UTC') AS begin,
    fromUnixTimestamp64Nano(toUnixTimestamp64Nano(run.start) + offset + toInt64(duration), 'UTC'),
    if(i IN (0, 4), run.input, '') AS span_input, if(i IN (0, 4), run.output, ''), if(span_input = '', '', 'json'),
    if(span_input = '', '', 'json'), label, 1,
    map('weir.kind', kind, 'weir.run.id', run.run_id, 'weir.flow.name', run.flow, 'weir.flow.version', run.version,
      'gen_ai.operation.name', 'chat', 'session.id', run.session_id, 'user.id', run.user_id,
      'openinference.span.kind', 'CHAIN'),
    'ssssssss',
    concat('{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"', run.service,
      '"}},{"key":"deployment.environment.name","value":{"stringValue":"', run.environment, '"}}]}}'),
    '{"scope":{"name":"@weir/sdk","version":"0.1.0"}}'
  FROM (
    SELECT * FROM runs
    WHERE run_id IN (
      SELECT lower(hex(murmurHash3_128(number, 'trace'))) FROM numbers({first:UInt64}, {count:UInt64}))
  ) AS run
  ARRAY JOIN range(0, 5) AS i`

const INSERT_RUN_MINUTES = `
  INSERT INTO run_minutes (
    project, flow, minute, environment, service, version, source, runs, errors, durations, input_tokens,
    output_tokens, cost, settled
  )
  SELECT
    project, flow, toStartOfMinute(start) AS minute, environment, service, version, source, count(),
    countIf(status = 'error'), quantilesDDState(0.01, 0.5, 0.95, 0.99)(duration_ns), sum(input_tokens),
    sum(output_tokens), sum(cost), now64(6)
  FROM runs
  GROUP BY project, flow, minute, environment, service, version, source`

const INSERT_STEP_MINUTES = `
  INSERT INTO step_minutes (
    project, flow, minute, environment, service, version, source, step, kind, executions, errors, start_offset_sum,
    durations, input_tokens, output_tokens, cost, settled
  )
  SELECT
    project, flow, toStartOfMinute(start) AS minute, environment, service, version, source, step, kind, count(),
    countIf(step_status = 'error'), sum(toFloat64(offset)),
    quantilesDDState(0.01, 0.5, 0.95, 0.99)(step_duration_ns), sum(step_input), sum(step_output), sum(step_cost), now64(6)
  FROM runs
  ARRAY JOIN step_names AS step, step_kinds AS kind, step_statuses AS step_status,
    step_durations_ns AS step_duration_ns, step_starts_ns AS offset, step_input_tokens AS step_input,
    step_output_tokens AS step_output, step_costs AS step_cost
  GROUP BY project, flow, minute, environment, service, version, source, step, kind`
