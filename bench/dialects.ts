import { protobufOfJson } from '@weir/dialects'
import {
  compileDialects,
  type Dialect,
  FIELDS,
  type Field,
  Resolver,
  walkRequest,
} from '@weir/dialects/testing'
import { costs } from './cpu.ts'
import { markdown } from './ingest/describe.ts'

export const name = 'dialects: spans of one dialect, read by a collector that knows one or ten'

const DIALECTS = 10
const SPANS = 500
/** Of these, a span has one attribute each. */
const SAID = [
  'session',
  'user',
  'model',
  'provider',
  'inputTokens',
  'outputTokens',
  'input',
  'output',
] as const

/** Ten dialects with a key of their own for every field, and a kind, against the first of them alone. */
export async function run(): Promise<string> {
  const all = Array.from({ length: DIALECTS }, (_, at) => dialect(at))
  const one = resolving(all.slice(0, 1))
  const ten = resolving(all)
  const first = request(0)
  const last = request(DIALECTS - 1)
  const cost = costs({
    'one dialect': { units: SPANS, run: () => one(first) },
    'ten dialects, spans of the first': { units: SPANS, run: () => ten(first) },
    'ten dialects, spans of the last': { units: SPANS, run: () => ten(last) },
  })
  const floor = cost['one dialect']
  const rows = Object.entries(cost).map(([what, us]) => [
    what,
    `${us.toFixed(3)} us`,
    `${(us / floor).toFixed(2)} x`,
  ])
  return markdown(['decoding and dialects, CPU per span of ten attributes', '', 'ratio'], rows)
}

/** Walks a request and resolves each of its spans. */
function resolving(dialects: readonly Dialect[]): (request: Buffer) => void {
  const keys = (field: Field) => dialects.map((_, at) => keyOf(`client${at}`, field))
  const precedence = Object.fromEntries(FIELDS.map((field) => [field, keys(field)])) as Record<
    Field,
    string[]
  >
  const resolver = new Resolver(compileDialects(dialects, precedence))
  return (request) => {
    let spans = 0
    walkRequest(request, {
      resource: (bytes, { attributes }) => resolver.resolveResource(bytes, attributes),
      scope: () => undefined,
      span: (bytes, { attributes, events }) => {
        resolver.resolve(bytes, attributes, events)
        spans += Number(resolver.kind === 'model')
      },
    })
    if (spans !== SPANS) throw new Error(`${spans} of ${SPANS} spans are of the kind that they say`)
  }
}

function dialect(at: number): Dialect {
  const name = `client${at}`
  const rules = FIELDS.map((field) => {
    const rule = field === 'kind' ? { field, values: { generation: 'model', tool: 'tool' } } : { field }
    return [keyOf(name, field), [rule]] as const
  })
  return { attributes: Object.fromEntries(rules) }
}

function keyOf(dialect: string, field: Field): string {
  return `${dialect}.observation.${field}`
}

function request(dialect: number): Buffer {
  const name = `client${dialect}`
  const attributes = [
    { key: keyOf(name, 'kind'), value: { stringValue: 'generation' } },
    ...SAID.map((field) => ({ key: keyOf(name, field), value: { stringValue: `the ${field} of the span` } })),
    { key: 'http.route', value: { stringValue: '/orders/:id' } },
  ]
  const spans = Array.from({ length: SPANS }, (_, at) => ({
    traceId: '0102030405060708090a0b0c0d0e0f10',
    spanId: String(at + 1).padStart(16, '0'),
    name: 'generate',
    attributes,
  }))
  return protobufOfJson(Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })))
}
