import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Sender } from './sender.ts'
import type { OwnedSpan } from './span-file.ts'

type Answer = (response: ServerResponse, body: string, request: IncomingMessage) => void

let server: Server
let endpoint: string
/** For the requests in their order; the last one for all further ones. */
let answers: Answer[]
let bodies: string[]

beforeEach(async () => {
  bodies = []
  server = createServer(async (request, response) => {
    const body = await text(request)
    bodies.push(body)
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!
    answer(response, body, request)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const spans = (count: number): OwnedSpan[] =>
  Array.from({ length: count }, (_, n) => ({ resource: '', scope: '', text: Buffer.from(`{"n":${n}}`) }))
const sender = (timeoutMs = 5_000) => new Sender({ endpoint, apiKey: 'weir_key', timeoutMs })
const ok: Answer = (response) => response.end('{}')
const status =
  (code: number, body = '', headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end(body)
const cut: Answer = (response) => response.destroy()

test('posts OTLP/JSON with the key', async () => {
  let seen: IncomingMessage | undefined
  answers = [
    (response, _body, request) => {
      seen = request
      response.end('{}')
    },
  ]
  await sender().send(spans(1))
  expect(seen?.url).toBe('/v1/traces')
  expect(seen?.headers).toMatchObject({
    'content-type': 'application/json',
    authorization: 'Bearer weir_key',
  })
  expect(bodies).toEqual(['{"resourceSpans":[{"scopeSpans":[{"spans":[{"n":0}]}]}]}'])
})

test.each([
  ['429', status(429, '', { 'retry-after': '0' })],
  ['502', status(502, '', { 'retry-after': '0' })],
  ['503', status(503, '', { 'retry-after': '0' })],
  ['504 with a date', status(504, '', { 'retry-after': new Date(0).toUTCString() })],
])('%s: the same again', async (_name, refuse) => {
  answers = [refuse, refuse, ok]
  await sender().send(spans(2))
  expect(bodies).toHaveLength(3)
  expect(new Set(bodies).size).toBe(1)
})

test('a connection that is cut off after one that was not: the same again', async () => {
  answers = [ok, cut, ok]
  const one = sender()
  await one.send(spans(1))
  await one.send(spans(2))
  expect(bodies[1]).toBe(bodies[2])
})

test('a Retry-After beyond the time limit ends it at once', async () => {
  answers = [status(503, '', { 'retry-after': '3600' })]
  await expect(sender().send(spans(1))).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(/takes no spans now \(HTTP 503\)/),
  })
  expect(bodies).toHaveLength(1)
})

test('nothing that listens is told at once', async () => {
  server.close()
  await expect(sender().send(spans(1))).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(/no collector answers at .*ECONNREFUSED.*weir up/),
  })
})

test('too large: in halves, all of it once', async () => {
  answers = [(response, body) => response.writeHead(body.split('"n"').length - 1 > 2 ? 413 : 200).end('{}')]
  await sender().send(spans(5))
  const taken = bodies.filter((body) => body.split('"n"').length - 1 <= 2).join('')
  expect([...taken.matchAll(/"n":(\d)/g)].map(([, n]) => Number(n))).toEqual([0, 1, 2, 3, 4])
})

test('counts what is refused for its ids', async () => {
  answers = [status(200, '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"ids"}}')]
  const one = sender()
  await one.send(spans(3))
  await one.send(spans(3))
  expect(one.rejected).toBe(4)
})

test.each([
  [400, '{"code":3,"message":"not a request"}', 2, /refuses the spans \(HTTP 400\): not a request/],
  [401, '{"code":16,"message":"a key is required"}', 2, /set WEIR_API_KEY \(a key is required\)/],
  [404, 'nothing here', 2, /HTTP 404\): nothing here/],
  [413, '{"message":"too large"}', 2, /HTTP 413\): too large/],
  [500, '', 3, /failed \(HTTP 500\)/],
])('%d is final', async (code, body, exitCode, message) => {
  answers = [status(code, body)]
  await expect(sender().send(spans(1))).rejects.toMatchObject({
    exitCode,
    message: expect.stringMatching(message),
  })
  expect(bodies).toHaveLength(1)
})
