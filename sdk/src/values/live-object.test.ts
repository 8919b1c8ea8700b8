import { EventEmitter, once } from 'node:events'
import {
  Agent,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  type ServerResponse,
  request as send,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serialise } from './serialise.ts'

const SECRETS = ['token-1', 'cookie-1', 'query-1', 'key-1']
const headers = { authorization: 'Bearer token-1', cookie: 'session=cookie-1', 'x-api-key': 'key-1' }

/** Both sides of one request that is not answered yet. */
let incoming: IncomingMessage
let outgoing: ServerResponse
let client: ClientRequest
let received: IncomingMessage
const agent = new Agent({ keepAlive: true })
const server = createServer()

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/orders/7?token=query-1`
  client = send(url, { method: 'POST', headers, agent })
  client.end('{}')
  ;[incoming, outgoing] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  outgoing.setHeader('set-cookie', 'session=cookie-1')
  outgoing.write('{')
  ;[received] = (await once(client, 'response')) as [IncomingMessage]
})
afterAll(() => {
  agent.destroy()
  server.closeAllConnections()
  server.close()
})

const text = (value: unknown) => serialise(value, 65_536)?.text ?? ''
const shown = (value: unknown) => JSON.parse(text(value)) as unknown

/** Express: its request is an IncomingMessage with another prototype and more fields. */
function express(): IncomingMessage {
  const proto = Object.create(Object.getPrototypeOf(incoming), { originalUrl: { value: incoming.url } })
  return Object.assign(Object.create(proto) as IncomingMessage, incoming, {
    body: { order: 7 },
    cookies: { session: 'cookie-1' },
  })
}

/** Fastify, Hono: an instance around the request. */
class Wrapper {
  readonly id = 'req-1'
  readonly raw: unknown
  readonly query = { token: 'query-1' }
  readonly copied = headers
  constructor(raw: unknown) {
    this.raw = raw
  }
  get method(): string {
    return 'POST'
  }
  get url(): string {
    return '/orders/7?token=query-1'
  }
}

/** Koa: made from a prototype object, with a `toJSON` that shows all headers. */
function koa(): object {
  const prototype = { method: 'POST', url: '/orders/7?token=query-1', toJSON: () => ({ header: headers }) }
  return Object.assign(Object.create(prototype), { req: incoming, res: outgoing, state: { secret: 'key-1' } })
}

const webRequest = () =>
  new Request('http://127.0.0.1/orders/7?token=query-1', {
    method: 'POST',
    headers,
  })

describe('what belongs to a request is noted', () => {
  it.each<[string, () => unknown, string]>([
    ['an incoming request', () => incoming, '[IncomingMessage POST /orders/7]'],
    ['a response', () => outgoing, '[ServerResponse]'],
    ['an outgoing request', () => client, '[ClientRequest POST /orders/7]'],
    ['an answer', () => received, '[IncomingMessage]'],
    ['a socket', () => incoming.socket, '[Socket]'],
    ['a server', () => server, '[Server]'],
    ['an agent', () => agent, '[Agent]'],
    ['a request of Express', express, '[IncomingMessage POST /orders/7]'],
    ['a wrapper of a request', () => new Wrapper(incoming), '[Wrapper POST /orders/7]'],
    ['a wrapper of a web request', () => new Wrapper(webRequest()), '[Wrapper POST /orders/7]'],
    ['a context of Koa', koa, '[Object POST /orders/7]'],
    ['a web request', webRequest, '[Request POST /orders/7]'],
    ['a web response', () => new Response('x', { headers }), '[Response]'],
    ['headers', () => new Headers(headers), '[Headers]'],
    [
      'a subclass of a web request',
      () => Object.assign(new (class NextRequest extends Request {})(webRequest()), { cookies: headers }),
      '[NextRequest POST /orders/7]',
    ],
  ])('%s', (_, make, note) => {
    const value = make()
    expect(shown(value)).toBe(note)
    for (const around of [
      { value },
      [value],
      new Map([['value', value]]),
      { a: { b: [{ value }] } },
      new Set([value]),
    ]) {
      expect(text(around)).toContain(JSON.stringify(note))
      for (const secret of SECRETS) expect(text(around)).not.toContain(secret)
    }
  })

  it('an error of an HTTP client keeps what says what happened', () => {
    const error = Object.assign(new Error('Request failed with status code 500'), {
      code: 'ERR_BAD_RESPONSE',
      status: 500,
      config: { headers },
      request: client,
      response: { config: { headers }, headers },
      toJSON: () => ({ config: { headers } }),
    })
    expect(shown({ reason: error })).toEqual({
      reason: {
        name: 'Error',
        message: 'Request failed with status code 500',
        stack: expect.any(String),
        code: 'ERR_BAD_RESPONSE',
        status: 500,
        toJSON: '[function toJSON]',
      },
    })
    expect(text(error)).not.toContain('token-1')
  })
})

describe('other live things', () => {
  class Client extends EventEmitter {
    password = 'key-1'
  }
  class Query {
    sql = 'key-1'
    // biome-ignore lint/suspicious/noThenProperty: query builders have it
    then(): void {}
  }
  class Repository {
    readonly client = new Client()
    readonly url = 'redis://:key-1@cache'
  }

  it.each<[string, unknown, string]>([
    ['an emitter', new Client(), '[Client]'],
    ['an instance that holds one', new Repository(), '[Repository]'],
    [
      'a promise with fields',
      Object.assign(Promise.resolve(1), { client: { password: 'key-1' } }),
      '[Promise]',
    ],
    ['a thenable', new Query(), '[Query]'],
    ['an event target', new AbortController().signal, '[AbortSignal]'],
    ['a blob', new Blob(['x']), '[Blob]'],
    ['a form', new FormData(), '[FormData]'],
    [
      'a stream of an answer',
      new (class Stream {
        key = 'key-1'
        async *[Symbol.asyncIterator]() {}
      })(),
      '[Stream]',
    ],
  ])('%s is named only', (_, value, note) => {
    expect(shown(value)).toBe(note)
    expect(shown({ nested: value })).toEqual({ nested: note })
  })
})

describe('data stays', () => {
  class Money {
    readonly amount = 5
    readonly lines = [{ sku: 'a' }]
    readonly add = () => {}
  }
  class Job {
    readonly queue = new EventEmitter()
    toJSON(): unknown {
      return { name: 'mail', data: { to: 'ada' } }
    }
  }

  it.each<[string, unknown, unknown]>([
    ['an instance', new Money(), { amount: 5, lines: [{ sku: 'a' }], add: '[function add]' }],
    [
      'an instance that holds a live thing and says how it is written',
      new Job(),
      { name: 'mail', data: { to: 'ada' } },
    ],
    [
      'an instance with a getter that throws',
      new (class {
        good = 1
        constructor() {
          const get = () => {
            throw new Error('boom')
          }
          Object.defineProperty(this, 'bad', { enumerable: true, get })
        }
      })(),
      { good: 1, bad: '[threw boom]' },
    ],
    [
      'an object with an emitter in it',
      { emitter: new EventEmitter(), user: 'ada' },
      { emitter: '[EventEmitter]', user: 'ada' },
    ],
    ['an array', Object.assign([1], { on: 1 }), [1]],
  ])('%s', (_, value, written) => {
    expect(shown(value)).toEqual(written)
  })
})
