import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import type { InitOptions } from './configuration.ts'
import { init, shutdown } from './init.ts'
import type { ReadableSpan } from './spans/span.ts'
import type { CaptureOptions } from './values/capture-settings.ts'

/** The spans of this process, as they end. */
export interface Recording extends AsyncDisposable {
  readonly spans: readonly ReadableSpan[]
  /** The spans of that name, in the order of their ends. */
  named(name: string): ReadableSpan[]
  /** The one span of that name and kind. */
  only(name: string, kind?: string): ReadableSpan
}

/** Starts the SDK on an exporter in memory. */
export function record(capture: CaptureOptions = {}, options: InitOptions = {}): Recording {
  const spans: ReadableSpan[] = []
  init({
    ...options,
    serviceName: 'test',
    capture,
    exporter: {
      export(batch, done) {
        spans.push(...batch)
        done({ code: 0 })
      },
      shutdown: async () => {},
    },
  })
  const named = (name: string) => spans.filter((span) => span.name === name)
  return {
    spans,
    named,
    only(name, kind) {
      const found = named(name).filter((span) => kind === undefined || span.attributes['weir.kind'] === kind)
      if (found.length !== 1) throw new Error(`expected one span ${name}, got ${found.length}`)
      return found[0] as ReadableSpan
    },
    [Symbol.asyncDispose]: async () => {
      await shutdown()
    },
  }
}

/** One request that the receiver got. */
interface ReceivedRequest {
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly spans: readonly ReceivedSpan[]
  readonly resource: Readonly<Record<string, unknown>>
}

export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: Readonly<Record<string, unknown>>
}

/** A real OTLP/HTTP JSON receiver that answers with `statuses` in turn, then with 200. */
export interface Receiver extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
}

export async function receive(statuses: number[] = [], port = 0): Promise<Receiver> {
  const requests: ReceivedRequest[] = []
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await readText(request)) as OtlpBody
    const status = statuses.shift() ?? 200
    if (status === 200) requests.push(toRequest(request.url, request.headers, body))
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

type OtlpAttributes = { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]

interface OtlpBody {
  readonly resourceSpans: {
    readonly resource: { readonly attributes: OtlpAttributes }
    readonly scopeSpans: { readonly spans: (ReceivedSpan & { attributes: OtlpAttributes })[] }[]
  }[]
}

function toRequest(path: string | undefined, headers: IncomingHttpHeaders, body: OtlpBody): ReceivedRequest {
  const spans = body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
  return {
    path,
    headers,
    resource: toRecord(body.resourceSpans[0]?.resource.attributes ?? []),
    spans: spans.map((span) => ({ ...span, attributes: toRecord(span.attributes) })),
  }
}

function toRecord(attributes: OtlpAttributes): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}

/** All that a stream gives. */
export async function readAll<T>(stream: AsyncIterable<T> | Iterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of stream) list.push(item)
  return list
}
