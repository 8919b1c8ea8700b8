import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json as readJson } from 'node:stream/consumers'

/** What a server of an API answers to one request. */
export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** The whole body. */
  readonly body?: unknown
  /** Server-sent events, written one by one. */
  readonly events?: readonly string[]
  /** What follows the last event. Default: the end of the body. */
  readonly afterwards?: 'hang' | 'break'
}

interface ApiRequest {
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Readonly<Record<string, unknown>>
}

export interface ApiServer extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly ApiRequest[]
  /** Requests whose client left before the answer was complete. */
  readonly left: () => number
}

/** A server that gives these replies in turn, the last one to all further requests too. */
export async function serveApi(...replies: Reply[]): Promise<ApiServer> {
  const requests: ApiRequest[] = []
  let left = 0
  const server = createServer(async (request, response) => {
    response.on('close', () => {
      if (!response.writableEnded) left++
    })
    const body = (await readJson(request)) as ApiRequest['body']
    requests.push({ path: request.url, headers: request.headers, body })
    await send(response, replies[Math.min(requests.length, replies.length) - 1] as Reply)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    left: () => left,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function send(response: ServerResponse, { status = 200, headers, body, events, afterwards }: Reply) {
  const type = events === undefined ? 'application/json' : 'text/event-stream; charset=utf-8'
  response.writeHead(status, {
    'content-type': type,
    'x-request-id': 'req_1',
    'request-id': 'req_1',
    ...headers,
  })
  if (events === undefined) return response.end(JSON.stringify(body))
  for (const event of events) {
    response.write(event)
    await new Promise(setImmediate)
  }
  if (afterwards === 'break') response.destroy()
  else if (afterwards !== 'hang') response.end()
  return response
}

/** As chat completions are streamed: without names, and with a mark at the end. */
export const dataEvents = (chunks: readonly unknown[]): string[] => [
  ...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`),
  'data: [DONE]\n\n',
]

/** As responses and Anthropic's messages are streamed: with the type as name. */
export const namedEvents = (
  events: readonly { readonly type: string; readonly [key: string]: unknown }[],
): string[] => events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)

export async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}
