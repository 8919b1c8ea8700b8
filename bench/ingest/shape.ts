/** Spans of one trace of either shape. */
export const SPANS_PER_TRACE = 10

/**
 * An attribute's value: an integer, one of four digits that varies, or text in which `{run}` (the trace id), `{session}`,
 * `{user}` and `{noise}` vary; all of fixed width, so that an encoded request can be patched in place.
 */
export type Value = number | typeof VARYING | string
export const VARYING: unique symbol = Symbol('1000 to 9999')

export interface SpanShape {
  readonly name: string
  /** OTLP's SpanKind. */
  readonly kind: number
  /** Position of its parent among the trace's spans; -1: the root. */
  readonly parent: number
  /** Milliseconds after the trace's start. */
  readonly startMs: number
  readonly durationMs: number
  readonly attributes: readonly (readonly [key: string, value: Value])[]
}

/** What a service sends: the same trace over and over, in the order in which spans end. */
export interface Shape {
  readonly resource: readonly (readonly [key: string, value: Value])[]
  readonly scope: { readonly name: string; readonly version: string }
  readonly spans: readonly SpanShape[]
}

export type ShapeName = 'sdk' | 'plain'

const RUN = [
  ['weir.run.id', '{run}'],
  ['weir.flow.name', 'research'],
] as const
const QUESTION = [
  ['input.value', '{"query":"launch plan of project {noise}","limit":10}'],
  ['input.mime_type', 'application/json'],
] as const
const ANSWER = [
  ['output.value', 'the plan of {noise} has three parts and one open question'],
  ['output.mime_type', 'text/plain'],
] as const

function step(name: string, startMs: number, durationMs: number): SpanShape {
  const attributes = [
    ['weir.kind', 'step'],
    ['weir.step.name', name],
    ['weir.step.index', 0],
    ['openinference.span.kind', 'CHAIN'],
    ...RUN,
    ['weir.step.attempts', 1],
    ...ANSWER,
  ] as const
  return { name, kind: 1, parent: 9, startMs, durationMs, attributes }
}

function model(parent: number, startMs: number, durationMs: number): SpanShape {
  const attributes = [
    ['weir.kind', 'model'],
    ['gen_ai.operation.name', 'chat'],
    ['gen_ai.provider.name', 'openai'],
    ['gen_ai.request.model', 'gpt-4o-mini'],
    ['openinference.span.kind', 'LLM'],
    ...RUN,
    ...QUESTION,
    ['gen_ai.usage.input_tokens', VARYING],
    ['gen_ai.usage.output_tokens', VARYING],
    ...ANSWER,
  ] as const
  return { name: 'chat gpt-4o-mini', kind: 1, parent, startMs, durationMs, attributes }
}

function tool(name: string, parent: number, startMs: number, durationMs: number): SpanShape {
  const attributes = [
    ['weir.kind', 'tool'],
    ['gen_ai.operation.name', 'execute_tool'],
    ['gen_ai.tool.name', name],
    ['openinference.span.kind', 'TOOL'],
    ...RUN,
    ...QUESTION,
    ...ANSWER,
  ] as const
  return { name: `execute_tool ${name}`, kind: 1, parent, startMs, durationMs, attributes }
}

const FLOW: SpanShape = {
  name: 'research',
  kind: 1,
  parent: -1,
  startMs: 0,
  durationMs: 1400,
  attributes: [
    ['weir.kind', 'flow'],
    ['gen_ai.operation.name', 'invoke_workflow'],
    ['gen_ai.workflow.name', 'research'],
    ['openinference.span.kind', 'CHAIN'],
    ['weir.flow.version', '1.4'],
    ...RUN,
    ['session.id', 'visit-{session}'],
    ['gen_ai.conversation.id', 'visit-{session}'],
    ['user.id', 'user-{user}'],
    ...QUESTION,
    ...ANSWER,
    ['weir.run.status', 'ok'],
  ],
}

/** What `@weir/sdk` sends of a flow of four steps, two model calls and three tools: 11 attributes a span. */
const SDK: Shape = {
  resource: [
    ['service.name', 'bench-sdk'],
    ['service.version', '1.4.0'],
    ['deployment.environment.name', 'production'],
    ['telemetry.sdk.language', 'nodejs'],
    ['telemetry.sdk.name', 'opentelemetry'],
    ['telemetry.sdk.version', '2.12.1'],
  ],
  scope: { name: '@weir/sdk', version: '0.1.0' },
  spans: [
    model(1, 10, 180),
    step('plan', 5, 200),
    tool('search', 4, 230, 110),
    tool('fetch', 4, 350, 170),
    step('search', 220, 340),
    tool('rank', 6, 590, 40),
    step('rank', 580, 70),
    model(8, 680, 600),
    step('synthesize', 670, 650),
    FLOW,
  ],
}

function http(name: string, parent: number, startMs: number, durationMs: number): SpanShape {
  const attributes = [
    ['http.request.method', 'GET'],
    ['url.path', `/${name}/{noise}`],
    ['url.scheme', 'https'],
    ['http.route', `/${name}/:id`],
    ['http.response.status_code', 200],
    ['server.address', 'shop.internal'],
    ['server.port', 8443],
    ['network.protocol.version', '1.1'],
    ['user_agent.original', 'checkout/2.3 (linux; x64)'],
    ['client.address', '10.1.{user}'],
  ] as const
  return { name: `GET /${name}/:id`, kind: 2, parent, startMs, durationMs, attributes }
}

function sql(table: string, parent: number, startMs: number, durationMs: number): SpanShape {
  const attributes = [
    ['db.system.name', 'postgresql'],
    ['db.namespace', 'shop'],
    ['db.operation.name', 'SELECT'],
    ['db.collection.name', table],
    ['db.query.text', `SELECT * FROM ${table} WHERE id = $1 AND tenant = $2 -- {noise}`],
    ['db.response.returned_rows', VARYING],
    ['server.address', 'db.internal'],
    ['server.port', 5432],
    ['network.transport', 'tcp'],
    ['thread.id', VARYING],
  ] as const
  return { name: `SELECT ${table}`, kind: 3, parent, startMs, durationMs, attributes }
}

/** A web service under plain OpenTelemetry instrumentation: no flow, no run, 10 attributes a span. */
const PLAIN: Shape = {
  resource: [
    ['service.name', 'bench-plain'],
    ['service.version', '7.0.2'],
    ['deployment.environment.name', 'production'],
    ['host.name', 'shop-3'],
    ['process.runtime.name', 'nodejs'],
    ['telemetry.sdk.language', 'nodejs'],
  ],
  scope: { name: '@opentelemetry/instrumentation-http', version: '0.301.0' },
  spans: [
    sql('carts', 2, 20, 8),
    sql('items', 2, 30, 12),
    http('cart', 9, 12, 48),
    sql('prices', 4, 75, 9),
    http('price', 9, 70, 22),
    sql('stock', 6, 110, 14),
    http('stock', 9, 100, 33),
    sql('customers', 8, 150, 6),
    http('customer', 9, 140, 25),
    http('checkout', -1, 0, 190),
  ],
}

export const SHAPES: Readonly<Record<ShapeName, Shape>> = { sdk: SDK, plain: PLAIN }
