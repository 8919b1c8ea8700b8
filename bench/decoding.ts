import { protobufOfJson } from '@weir/dialects'
import { captureNames, DIALECTS, Resolver, readCapture, walkRequest } from '@weir/dialects/testing'
import { costs } from './cpu.ts'
import { markdown } from './ingest/describe.ts'
import { type Encoding, Request, Template } from './ingest/request.ts'

export const name = 'decoding: a request of 500 spans, without columns'

const BATCH = 500

/** What it takes to read requests of `@weir/sdk`'s and of all captures' spans, against JSON.parse. */
export async function run(): Promise<string> {
  const sdk = { protobuf: [sdkRequest('protobuf')], json: [sdkRequest('json')] }
  const requests = captureNames('ai-', 'genkit-', 'langfuse-', 'mastra-', 'openinference-', 'otel-').flatMap(
    (capture) => readCapture(capture).requests,
  )
  const ofType = (type: string) =>
    requests.filter(({ contentType }) => contentType.includes(type)).map(({ body }) => body)
  return [
    table(`@weir/sdk, ${BATCH} spans`, sdk),
    table('captures of real clients, a few spans each', {
      protobuf: ofType('protobuf'),
      json: ofType('json'),
    }),
  ].join('\n\n')
}

function sdkRequest(encoding: Encoding): Buffer {
  const request = new Request(new Template('sdk', encoding, BATCH, 0), 'localhost')
  request.patch(0)
  return request.message.subarray(request.message.indexOf('\r\n\r\n') + 4)
}

interface Requests {
  readonly protobuf: readonly Buffer[]
  readonly json: readonly Buffer[]
}

function table(of: string, { protobuf, json }: Requests): string {
  const converted = json.map((body) => protobufOfJson(body))
  const units = { protobuf: spansIn(protobuf), json: spansIn(converted) }
  const cost = costs({
    'protobuf: walk': each(units.protobuf, protobuf, spansOf),
    'protobuf: walk and dialects': each(units.protobuf, protobuf, resolve),
    'JSON to protobuf': each(units.json, json, protobufOfJson),
    'JSON to protobuf, walk and dialects': each(units.json, json, (body) => resolve(protobufOfJson(body))),
    'JSON.parse alone': each(units.json, json, (body) => JSON.parse(body.toString())),
  })
  const bytes = (bodies: readonly Buffer[]) => bodies.reduce((sum, { length }) => sum + length, 0)
  const size = { protobuf: bytes(protobuf) / units.protobuf, json: bytes(json) / units.json }
  const rows = Object.entries(cost).map(([what, us]) => {
    const perSpan = what.startsWith('protobuf') ? size.protobuf : size.json
    return [what, `${perSpan.toFixed()} B`, `${us.toFixed(2)} us`]
  })
  return markdown([`${of}; CPU per span`, '', ''], rows)
}

function each(units: number, bodies: readonly Buffer[], work: (body: Buffer) => unknown) {
  const run = () => {
    for (const body of bodies) work(body)
  }
  return { units, run }
}

const resolver = new Resolver(DIALECTS)

function resolve(request: Buffer): void {
  walkRequest(request, {
    resource: (bytes, { attributes }) => resolver.resolveResource(bytes, attributes),
    scope: () => undefined,
    span: (bytes, { attributes, events }) => resolver.resolve(bytes, attributes, events),
  })
}

function spansOf(request: Buffer): number {
  let spans = 0
  walkRequest(request, {
    resource: () => undefined,
    scope: () => undefined,
    span: () => {
      spans += 1
    },
  })
  return spans
}

function spansIn(requests: readonly Buffer[]): number {
  return requests.reduce((spans, request) => spans + spansOf(request), 0)
}
