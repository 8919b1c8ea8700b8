import { gzipSync } from 'node:zlib'
import { protobufOfJson } from '@weir/dialects'
import { requestOf } from '@weir/dialects/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Collector } from '../../collector.ts'
import { exchange, RawConnection, rawRequest } from '../../testing/raw-http.ts'
import { rpcStatusOf } from '../../testing/rpc-status.ts'
import { startTestCollector } from '../../testing/start-collector.ts'

const LIMIT = 100_000
const typed = { 'content-type': 'application/json' }

let collector: Collector
beforeAll(async () => {
  collector = await startTestCollector({ maxPendingBytes: LIMIT })
})
afterAll(() => collector?.close())

const spaces = (size: number) => Buffer.from(`{}${' '.repeat(size - 2)}`)
const plain = (size: number) => rawRequest({ headers: typed, body: spaces(size) })
const gzipped = (size: number) =>
  rawRequest({ headers: { ...typed, 'content-encoding': 'gzip' }, body: gzipSync(spaces(size)) })

test.for([
  ['plain', plain],
  ['gzipped', gzipped],
] as const)(
  'bodies for which there is no room are a 503, and the room comes back: %s',
  async ([, request]) => {
    for (const size of [150_000, 150_000, 60_000, 60_000, 150_000, 60_000]) {
      const answer = await exchange(collector.port, request(size))
      expect([answer.status, answer.headers['retry-after']]).toEqual(
        size > LIMIT ? [503, '1'] : [200, undefined],
      )
      if (size > LIMIT) expect(rpcStatusOf(answer)).toMatchObject({ code: 14 })
    }
  },
)

test.for(['application/json', 'application/x-protobuf'])(
  'a log that is full is a 503 that says when to come again, as %s',
  async (type) => {
    const full = await startTestCollector({ walMaxBytes: 1 })
    const json = Buffer.from(JSON.stringify(requestOf([{}])))
    const body = type === 'application/json' ? json : protobufOfJson(json)
    const send = () => exchange(full.port, rawRequest({ headers: { 'content-type': type }, body }))
    expect((await send()).status).toBe(200)
    const answer = await send()
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1', 'content-type': type } })
    expect(rpcStatusOf(answer)).toEqual({ code: 14, message: expect.stringContaining('log') })
    expect((await exchange(full.port, rawRequest({ method: 'GET', target: '/readyz' }))).status).toBe(503)
    await full.close()
  },
)

test('what a sender has announced takes no room, what it has sent does until it is gone', async () => {
  const slow = await RawConnection.open(collector.port)
  await slow.write(rawRequest({ headers: { ...typed, 'content-length': '90000' }, sized: false }))
  expect((await exchange(collector.port, plain(60_000))).status).toBe(200)
  await slow.write(Buffer.alloc(80_000, ' '))
  expect((await exchange(collector.port, plain(60_000))).status).toBe(503)
  slow.destroy()
  await slow.closed()
  await expect.poll(async () => (await exchange(collector.port, plain(60_000))).status).toBe(200)
})
