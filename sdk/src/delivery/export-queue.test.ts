import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterEach, expect, it, vi } from 'vitest'
import { newSpanId, newTraceId } from '../spans/ids.ts'
import { RecordedSpan } from '../spans/span.ts'
import type { FlushResult } from './delivery.ts'
import { ExportQueue, type Pace } from './export-queue.ts'
import { OtlpExporter } from './otlp-exporter.ts'

vi.spyOn(console, 'warn').mockImplementation(() => {})
afterEach(() => vi.unstubAllEnvs())

/** Names of the spans in one request. */
type Names = readonly string[]
type Answer = (names: Names, response: ServerResponse, request: IncomingMessage) => void

const take: Answer = (_, response) => response.end('{}')
const refuse =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response.writeHead(status, headers).end('{}')

interface Collector extends AsyncDisposable {
  readonly url: string
  answer: Answer
  /** The spans of each request that came, taken or not. */
  readonly requests: Names[]
}

async function collector(answer: Answer): Promise<Collector> {
  const requests: Names[] = []
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as { resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[] }
    const names = body.resourceSpans.flatMap(({ scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)),
    )
    requests.push(names)
    self.answer(names, response, request)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const self = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
  return self
}

/** A queue in front of the collector, and what ends spans of these names. */
function sender(url: string, pace: Partial<Pace> = {}, maxSize = 8_192) {
  const queue = new ExportQueue(new OtlpExporter(url, {}), {
    maxSize,
    pace: { linger: 0, firstDelay: 1, maxDelay: 4, ...pace },
  })
  return {
    queue,
    end: (...names: string[]) => {
      for (const name of names) queue.onEnd(ended(name))
    },
  }
}

function ended(name: string): RecordedSpan {
  const spanContext = { traceId: newTraceId(), spanId: newSpanId(), traceFlags: 1 }
  const span = new RecordedSpan({ name, spanContext, parentSpanContext: undefined, attributes: {} })
  span.end()
  return span
}

const HOUR = 3_600_000
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

it('loses nothing below its limit, whatever the collector and the traffic do', async () => {
  const reset: Answer = (_, __, request) => void request.socket.destroy()
  const answers: Record<string, Answer> = {
    take,
    busy: refuse(503),
    'busy for now': refuse(429, { 'retry-after': '0' }),
    'gone since': refuse(502, { 'retry-after': new Date(0).toUTCString() }),
    reset,
    'too large for three': (names, response) =>
      refuse(names.length > 3 ? 413 : 503)(names, response, {} as never),
  }
  const event = fc.oneof(
    fc.record({ spans: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ answer: fc.constantFrom(...Object.keys(answers)) }),
    fc.record({ flush: fc.integer({ min: 0, max: 4 }) }),
    fc.record({ pause: fc.integer({ min: 0, max: 4 }) }),
    fc.constant({ send: true }),
  )
  await using there = await collector(take)
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 30 }), async (events) => {
      there.answer = take
      const { queue, end } = sender(there.url)
      const taken = new Set<string>()
      const ended: string[] = []
      const results: FlushResult[] = []
      const answering =
        (answer: Answer): Answer =>
        (names, response, request) => {
          if (answer === take) for (const name of names) taken.add(name)
          answer(names, response, request)
        }
      there.answer = answering(take)
      for (const event of events) {
        if ('spans' in event) {
          const names = Array.from({ length: event.spans }, (_, n) => `${ended.length + n}`)
          ended.push(...names)
          end(...names)
        }
        if ('answer' in event) there.answer = answering(answers[event.answer] ?? take)
        if ('flush' in event) results.push(await queue.flush(event.flush))
        if ('pause' in event) await pause(event.pause)
        if ('send' in event) void queue.send()
      }
      there.answer = answering(take)
      results.push(await queue.flush(HOUR))
      const sum = (key: 'exported' | 'lost') => results.reduce((total, result) => total + result[key], 0)
      expect({ exported: sum('exported'), lost: sum('lost'), pending: results.at(-1)?.pending }).toEqual({
        exported: ended.length,
        lost: 0,
        pending: 0,
      })
      expect(taken).toEqual(new Set(ended))
    }),
    { numRuns: 60 },
  )
})

it('spans that end meanwhile do not make the next try come sooner', async () => {
  const held: ServerResponse[] = []
  await using there = await collector((_, response) => void held.push(response))
  const { queue, end } = sender(there.url, { firstDelay: HOUR, maxDelay: HOUR })
  end('first')
  await vi.waitFor(() => expect(held).toHaveLength(1), 10_000)
  end('during the send')
  held[0]?.writeHead(503).end()
  await queue.send()
  end(...Array.from({ length: 600 }, (_, n) => `during the outage ${n}`))
  // Any timer that a span had set would be due by now.
  await pause(50)
  expect(there.requests).toEqual([['first']])

  there.answer = refuse(503)
  for (let tries = 0; tries < 20; tries++) await queue.send()
  there.answer = take
  expect(await queue.flush(HOUR)).toMatchObject({ exported: 602, lost: 0, pending: 0 })
  end('after the outage')
  await vi.waitFor(() => expect(there.requests.at(-1)).toEqual(['after the outage']), 10_000)
})

it('waits as long as the collector asks, even when it is flushed; the end of the process is one more try', async () => {
  await using there = await collector(refuse(429, { 'retry-after': '3600' }))
  const { queue, end } = sender(there.url)
  end('a')
  await queue.send()
  end('b')
  expect(await queue.flush(20)).toMatchObject({ lost: 0, pending: 2, reason: 'HTTP 429 Too Many Requests' })
  expect(there.requests).toEqual([['a']])

  there.answer = take
  await queue.send()
  expect(there.requests).toEqual([['a'], ['a', 'b']])
  end('c')
  await vi.waitFor(() => expect(there.requests.at(-1)).toEqual(['c']), 10_000)
})

it('sends less where the collector takes less, and loses only the span that is too large by itself', async () => {
  await using there = await collector((names, response, request) =>
    (names.includes('giant') || names.length > 8 ? refuse(413) : take)(names, response, request),
  )
  const { queue, end } = sender(there.url)
  const names = Array.from({ length: 40 }, (_, n) => `${n}`)
  end(...names.slice(0, 20), 'giant', ...names.slice(20))
  const reason = 'HTTP 413 Payload Too Large'
  expect(await queue.flush(HOUR)).toEqual({ exported: 40, lost: 1, pending: 0, reason })
})

it('counts the spans that the collector leaves out', async () => {
  const partialSuccess = { rejectedSpans: '1', errorMessage: 'invalid trace id' }
  await using there = await collector((_, response) => void response.end(JSON.stringify({ partialSuccess })))
  const { queue, end } = sender(there.url)
  end('a', 'b', 'c')
  const counted = { exported: 2, lost: 1, pending: 0, reason: 'invalid trace id' }
  expect(await queue.flush(HOUR)).toEqual(counted)
})

it('says what the collector says', async () => {
  const body = JSON.stringify({ message: 'the key may not send to project shop' })
  await using there = await collector((_, response) => void response.writeHead(403).end(body))
  const { queue, end } = sender(there.url)
  end('a')
  const reason = 'HTTP 403 Forbidden: the key may not send to project shop'
  expect(await queue.flush(HOUR)).toEqual({ exported: 0, lost: 1, pending: 0, reason })
})

it.each<[string, Answer]>([
  ['never comes', () => {}],
  ['never ends', (_, response) => void response.writeHead(503).write('{')],
  ['breaks off', (_, response) => void response.writeHead(503).write('{', () => response.destroy())],
])('tries again where an answer %s', async (_, answer) => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '50')
  await using there = await collector(answer)
  const { queue, end } = sender(there.url)
  end('a')
  await vi.waitFor(() => expect(there.requests.length).toBeGreaterThan(1), 10_000)
  there.answer = take
  expect(await queue.flush(HOUR)).toMatchObject({ exported: 1, lost: 0, pending: 0 })
})

it('loses only the span that cannot be exported', async () => {
  const taken: string[] = []
  const exporter = {
    export(batch: readonly { name: string }[], done: (result: { code: number }) => void) {
      if (batch.some(({ name }) => name === 'bad')) throw new Error('cannot be written')
      taken.push(...batch.map(({ name }) => name))
      done({ code: 0 })
    },
    shutdown: async () => {},
  }
  const queue = new ExportQueue(exporter, { maxSize: 100 })
  for (const name of ['a', 'b', 'bad', 'c']) queue.onEnd(ended(name))
  const counted = { exported: 3, lost: 1, pending: 0, reason: 'cannot be written' }
  expect(await queue.flush(HOUR)).toEqual(counted)
  expect(taken).toEqual(['a', 'b', 'c'])
})
