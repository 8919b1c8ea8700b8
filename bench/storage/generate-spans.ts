/**
 * Spans as they arrive from many clients at once: 40 flows of unequal traffic on 12 services, runs of 3 to 30 spans with
 * random ids, sessions of four runs, 50,000 users, JSON payloads of log-normal size over 3,000 words, 3 % of runs with
 * errors and their exception events, steps with up to three model calls and tools below each, and one span in a thousand whose clock is off by up to two years.
 */

/** Sent with a dictionary per block, as the collector does. */
const LOW_CARDINALITY =
  'project name kind declared_flow status service environment version model provider error_type input_type output_type input_key output_key span_name attribute_types resource scope'.split(
    ' ',
  )

/** What a chunk is by default: runs of 3 to 30 spans that start within a minute, about 100,000 spans interleaved by their ends. */
export const CHUNK: Chunk = { runs: 6_060, mostSpans: 30, chunkMs: 60_000 }

export interface Chunk {
  readonly runs: number
  readonly mostSpans: number
  readonly chunkMs: number
}

/** Uniform in 0..1 by a hash: every expression sees the same value for the same place. */
const uniform = (...salt: string[]): string => `(cityHash64(${salt.join(', ')}) % 1000003 + 0.5) / 1000003`
const normal = (...salt: string[]): string =>
  `(sqrt(-2 * log(${uniform(...salt, '1')})) * cos(2 * pi() * ${uniform(...salt, '2')}))`
/** A whole number below `most`, the low ones more often. */
const skewed = (most: number, ...salt: string[]): string => `toUInt32(pow(${uniform(...salt)}, 3) * ${most})`

const SYLLABLES = `['an','bor','cel','dra','en','fil','gor','hal','in','jo','kel','lum','mer','nos','or','pra','qui','res','sol','ter','un','ver','wis','yel','zan']`

/** Text of so many words, the same for the same salt. */
const words = (count: string, salt: string): string =>
  `arrayStringConcat(arrayMap(nth -> vocabulary[1 + ${skewed(3000, 'n', 'i', 'nth', salt)}], range(${count})), ' ')`

const attribute = (key: string, value: string): string =>
  `{"key":"${key}","value":{"stringValue":"', ${value}, '"}}`

/**
 * SQL of a SELECT of one chunk of spans in the order that they arrive, by the columns of `spans` that it names. Binds `chunk` (from 0) of
 * `chunks`, the last of which ends at `end` (seconds since 1970), and a {@link Chunk}.
 */
export const SELECT_CHUNK: string = `
  SELECT * REPLACE (${LOW_CARDINALITY.map((name) => `toLowCardinality(${name}) AS ${name}`).join(', ')})
  FROM (
  WITH
    ${SYLLABLES} AS syllables,
    arrayMap(word -> arrayStringConcat(arrayMap(nth -> syllables[1 + cityHash64(word, nth) % 25], range(1 + word % 4))), range(3000)) AS vocabulary
  SELECT
    'default' AS project, trace_id, span_id, parent_span_id, label AS name, kind, if(kind = 'flow', flow, '') AS declared_flow, declared_run_id,
    if(failed, 'error', 'ok') AS status, service, environment, version, session_id, user_id,
    if(kind = 'step', 0, -1) AS step_index,
    if(kind = 'model', model_name, '') AS model, if(kind = 'model', 'openai', '') AS provider,
    if(kind = 'model', 200 + cityHash64(n, i, 'in') % 8000, 0) AS input_tokens,
    if(kind = 'model', 20 + cityHash64(n, i, 'out') % 900, 0) AS output_tokens,
    round(input_tokens * 2.5e-6 + output_tokens * 1e-5, 7) AS cost,
    if(failed, ['TimeoutError', 'RateLimitError', 'ValidationError'][1 + n % 3], '') AS error_type,
    if(failed, concat('upstream answered ', toString(500 + n % 5), ' after ', toString(n % 30), ' s'), '') AS error_message,
    fromUnixTimestamp64Nano(begin, 'UTC') AS start,
    fromUnixTimestamp64Nano(begin + duration, 'UTC') AS end,
    if(has_payload, concat('{"messages":[{"role":"user","content":"', ${words('input_words', `'input'`)}, '"}],"limit":', toString(n % 50), '}'), '') AS input,
    if(has_payload AND NOT failed, concat('{"answer":"', ${words('output_words', `'output'`)}, '","confidence":', toString(n % 100 / 100), '}'), '') AS output,
    if(has_payload, 'json', '') AS input_type, if(output != '', 'json', '') AS output_type,
    if(has_payload, 'input.value', '') AS input_key, if(output != '', 'output.value', '') AS output_key,
    label AS span_name, 1 AS otel_kind, 257 AS flags, if(failed, 2, 0) AS status_code,
    multiIf(
      kind = 'model', map('gen_ai.operation.name', 'chat', 'gen_ai.provider.name', 'openai',
        'gen_ai.request.model', model_name, 'gen_ai.response.id', concat('chatcmpl-', lower(hex(murmurHash3_128(n, i, 'response')))),
        'gen_ai.usage.input_tokens', toString(input_tokens), 'gen_ai.usage.output_tokens', toString(output_tokens),
        'gen_ai.request.temperature', toString(n % 10 / 10), 'session.id', session_id, 'user.id', user_id),
      kind = 'tool', map('weir.kind', kind, 'gen_ai.tool.name', label, 'gen_ai.tool.call.id', concat('call_', lower(hex(cityHash64(n, i, 'call')))),
        'http.request.method', 'GET', 'url.full', concat('https://api.example.com/v1/items/', toString(cityHash64(n, i) % 200000)),
        'http.response.status_code', if(failed, '503', '200'), 'session.id', session_id, 'user.id', user_id),
      map('weir.kind', kind, 'weir.flow.name', flow, 'weir.flow.version', version, 'weir.step.name', label,
        'customer.id', concat('customer-', toString(customer)), 'tenant', concat('tenant-', toString(customer % 40)),
        'session.id', session_id, 'user.id', user_id)) AS attributes,
    concat(if(kind = 'model', 'ssssiidss', 'ssssssss'), if(has_payload, 'I', ''), if(output != '', 'O', '')) AS attribute_types,
    if(failed, concat('[{"timeUnixNano":"', toString(begin + duration), '","name":"exception","attributes":[${attribute('exception.type', 'error_type')},${attribute('exception.message', 'error_message')},${attribute('exception.stacktrace', `repeat('    at handle (/srv/app/dist/flow.js:10:5)\\\\n', 8)`)}]}]'), '') AS events,
    concat('{"resource":{"attributes":[${attribute('service.name', 'service')},${attribute('service.version', 'version')},${attribute('deployment.environment.name', 'environment')},${attribute('host.name', `concat('pod-', toString(n % 60))`)},${attribute('telemetry.sdk.name', `'opentelemetry'`)},${attribute('process.runtime.version', `'24.1.0'`)}]}}') AS resource,
    if(kind = 'model', '{"scope":{"name":"openai-instrumentation","version":"2.1.0"}}', '{"scope":{"name":"@weir/sdk","version":"0.1.0"}}') AS scope,
    fromUnixTimestamp64Milli(intDiv(arrived, 1000000), 'UTC') AS received
  FROM (
    SELECT
      *, i,
multiIf(i = 0, 'flow', i % 4 = 1, 'step', ${uniform('n', 'i', `'kind'`)} < 0.45, 'model', ${uniform('n', 'i', `'kind'`)} < 0.85, 'tool', 'span') AS kind,
      multiIf(i = 0, flow, kind = 'model', 'chat', kind = 'tool', concat('tool-', toString(${skewed(60, 'n', 'i', `'tool'`)})),
        concat('step-', toString(i % 12))) AS label,
      kind IN ('flow', 'model', 'tool') OR cityHash64(n, i, 'payload') % 2 = 0 AS has_payload,
      substring(murmurHash3_128(n, toUInt32(i), 'span'), 1, 8)::FixedString(8) AS span_id,
      if(i = 0, toFixedString('', 8), substring(murmurHash3_128(n, toUInt32(if(i % 4 = 1, 0, i - (i + 3) % 4)), 'span'), 1, 8)::FixedString(8)) AS parent_span_id,
      run_failed AND i IN (0, spans - 1, spans - 1 - (spans + 2) % 4) AS failed,
      least(400, toUInt32(exp(2.6 + ${normal('n', 'i', `'iw'`)}))) AS input_words,
      least(800, toUInt32(exp(if(kind = 'model', 3.4, 2.4) + ${normal('n', 'i', `'ow'`)}))) AS output_words,
      toInt64(1e6 * if(i = 0, 4000, 300) * exp(0.8 * ${normal('n', 'i', `'d'`)})) AS duration,
      run_begin + i * 137000000 AS true_begin,
      true_begin + duration AS arrived,
      if(cityHash64(n, i, 'clock') % 1000 = 0, toInt64(cityHash64(n, i) % 126144000) * 1000000000 - 63072000000000000 + true_begin, true_begin) AS begin
    FROM (
      SELECT
        {chunk:UInt64} * {runs:UInt64} + number AS n,
        3 + cityHash64(n, 'spans') % ({mostSpans:UInt32} - 2) AS spans,
        ${skewed(40, 'n', `'flow'`)} AS flow_number,
        concat('flow-', toString(flow_number)) AS flow,
        concat('service-', toString(flow_number % 12)) AS service,
        concat('1.', toString(flow_number % 3 + toUInt32({chunk:UInt64} / 40) % 5), '.', toString(${skewed(3, 'n', `'patch'`)})) AS version,
        ['production', 'production', 'production', 'staging', 'test'][1 + cityHash64(n, 'environment') % 5] AS environment,
        murmurHash3_128(n, 'trace') AS trace_id,
        if(cityHash64(n, 'declared') % 4 = 0, concat('run-', lower(hex(cityHash64(n, 'run')))), '') AS declared_run_id,
        concat('session-', lower(hex(cityHash64(intDiv(n, 4), 'session')))) AS session_id,
        concat('user-', toString(${skewed(50_000, 'n', `'user'`)})) AS user_id,
        cityHash64(n, 'customer') % 5000 AS customer,
        ['gpt-4o', 'gpt-4o-mini', 'gpt-5', 'gpt-5-mini', 'claude-sonnet-4', 'claude-opus-4', 'gemini-2.5-pro', 'gemini-2.5-flash', 'o3', 'o4-mini'][1 + ${skewed(10, 'n', `'model'`)}] AS model_name,
        ${uniform('n', `'failed'`)} < 0.03 AS run_failed,
        toInt64({end:UInt32}) * 1000000000 - toInt64({chunks:UInt64} - {chunk:UInt64}) * {chunkMs:Int64} * 1000000
          + toInt64(${uniform('n', `'at'`)} * {chunkMs:Int64} * 1e6) AS run_begin
      FROM numbers({runs:UInt64})
    )
    ARRAY JOIN range(spans) AS i
  )
  ORDER BY arrived
  )`
