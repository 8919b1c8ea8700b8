/** Traces of ten spans as clients send them: SQL over the trace's number `n` and the span's place `i`, 0..9. */
export interface Mix {
  readonly name: string
  readonly kinds: readonly string[]
  readonly names: readonly string[]
  /** Places of the parents, from 1; 0: none. */
  readonly parents: readonly number[]
  /** SQL of columns that differ: flow, declared run id, input tokens, step index. */
  readonly flow: string
  readonly run: string
  readonly tokens: string
  readonly index: string
}

export const SPANS_PER_TRACE = 10

export const MIXES: readonly Mix[] = [
  {
    name: "our SDK's: flow, steps, model and tool spans that declare run and flow",
    kinds: ['flow', 'step', 'model', 'step', 'tool', 'step', 'model', 'step', 'tool', 'model'],
    names: ['research', 'plan', 'gpt-5', 'search', 'fetch', 'rank', 'gpt-5', 'synthesize', 'cite', 'gpt-5'],
    parents: [0, 1, 2, 1, 4, 1, 6, 1, 8, 8],
    flow: `concat('flow-', toString(n % 8))`,
    run: 'trace_hex',
    tokens: `if(kind = 'model', 100 + n % 900, 0)`,
    index: `if(kind = 'step', 0, -1)`,
  },
  {
    name: 'plain OpenTelemetry: no flow spans, nothing declared',
    kinds: Array(SPANS_PER_TRACE).fill('span'),
    names: ['GET /plan', 'auth', 'query', 'render', 'SELECT', 'SELECT', 'http', 'redis', 'log', 'send'],
    parents: [0, 1, 1, 1, 3, 3, 4, 2, 4, 4],
    flow: `''`,
    run: `''`,
    tokens: '0',
    index: '-1',
  },
  {
    name: 'like Genkit: a nested flow in every second trace, usage on wrappers too',
    kinds: ['flow', 'step', 'agent', 'model', 'step', 'tool', 'span', 'model', 'span', 'span'],
    names: ['menu', 'suggest', 'generate', 'gemini', 'fetch', 'lookup', 'inner', 'gemini', 'a', 'b'],
    parents: [0, 1, 2, 3, 1, 5, 5, 7, 7, 1],
    flow: `if(kind = 'flow', name, '')`,
    run: `''`,
    tokens: `if(kind IN ('model', 'agent'), 100 + n % 900, 0)`,
    index: '-1',
  },
]

export const COLUMNS = `project, trace_id, span_id, parent_span_id, name, kind, declared_flow, declared_run_id, status, service,
  environment, version, session_id, user_id, step_index, model, provider, input_tokens, output_tokens, cost, start, end,
  input, output, span_name, otel_kind, attributes, attribute_types`

const list = (values: readonly (string | number)[]) => JSON.stringify(values).replaceAll('"', "'")

/** Rows of {@link COLUMNS}; binds `first` and `count` (traces) and `base` (ns: when they begin). */
export function rowsOf({ kinds, names, parents, flow, run, tokens, index }: Mix): string {
  return `
  WITH
    murmurHash3_128(n)::FixedString(16) AS trace,
    lower(hex(trace)) AS trace_hex,
    arrayMap(at -> substring(murmurHash3_128(n, at), 1, 8)::FixedString(8), range(${SPANS_PER_TRACE})) AS ids,
    {base:Int64} + toInt64(cityHash64(n) % 1000000000) AS begin,
    toInt64(2e8 + cityHash64(n, 'duration') % 800000000) AS duration,
    intDiv(duration, 11) AS part,
    ${list(parents)}[i + 1] AS parent,
    ${list(names)}[i + 1] AS name,
    if(name = 'inner' AND n % 2 = 1, 'flow', ${list(kinds)}[i + 1]) AS kind,
    ${run} AS run
  SELECT
    'default', trace, ids[i + 1], if(parent = 0, toFixedString('', 8), ids[greatest(parent, 1)]), name, kind, ${flow},
    run, if(cityHash64(n, i) % 50 = 0, 'error', 'ok'), 'bench', 'production', '1.4',
    concat('session-', toString(n % 40000)), concat('user-', toString(n % 5000)), ${index},
    if(kind = 'model', 'gpt-5', ''), if(kind = 'model', 'openai', ''), ${tokens} AS used, intDiv(used, 3), used / 1e6,
    fromUnixTimestamp64Nano(begin + part * i, 'UTC'),
    fromUnixTimestamp64Nano(if(i = 0, begin + duration, begin + part * (i + 1)), 'UTC'),
    if(i IN (0, 2), concat('{"query":"launch plan ', toString(n), '","limit":10}'), ''),
    if(i IN (0, 2), concat('{"answer":"', toString(n), '"}'), ''), name, 1,
    map('weir.kind', kind, 'weir.run.id', run, 'gen_ai.operation.name', 'chat', 'http.request.method', 'GET',
      'session.id', concat('session-', toString(n % 40000)), 'user.id', concat('user-', toString(n % 5000)),
      'openinference.span.kind', 'CHAIN', 'url.path', concat('/', toString(n % 1000))), 'ssssssss'
  FROM (SELECT number AS n FROM numbers({first:UInt64}, {count:UInt64})) ARRAY JOIN range(${SPANS_PER_TRACE}) AS i`
}
