import { constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { requestOf } from '@weir/dialects/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Collector } from '../../collector.ts'
import { exchange, RawConnection, rawRequest } from '../../testing/raw-http.ts'
import { rpcStatusOf } from '../../testing/rpc-status.ts'
import { startTestCollector } from '../../testing/start-collector.ts'

const LIMIT = 1_000_000
const JSON_TYPE = 'application/json'
// Rejected spans show that all of the body was read.
const invalid = Buffer.from(JSON.stringify(requestOf(Array.from({ length: 300 }, () => ({ traceId: '' })))))

let collector: Collector
beforeAll(async () => {
  collector = await startTestCollector({ maxBodyBytes: LIMIT })
})
afterAll(() => collector?.close())

const request = (coding: string, body: Buffer) =>
  rawRequest({ headers: { 'content-type': JSON_TYPE, 'content-encoding': coding }, body })
const send = (coding: string, body: Buffer) => exchange(collector.port, request(coding, body))

type Compress = (body: Buffer) => Buffer
const split = (compress: Compress) => (body: Buffer) =>
  Buffer.concat([compress(body.subarray(0, 1000)), compress(body.subarray(1000))])
const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 0xaa, 0xbb])

const CODINGS: readonly (readonly [string, Compress])[] = [
  ['gzip', gzipSync],
  ['GZIP', gzipSync],
  ['x-gzip', gzipSync],
  ['gzip', (body) => gzipSync(body, { level: 0 })],
  ['gzip', split(gzipSync)],
  ['deflate', deflateSync],
  ['Deflate', (body) => deflateSync(body, { level: 9 })],
  ['deflate', deflateRawSync],
  ['deflate', (body) => deflateRawSync(body, { level: 0 })],
  ['zstd', zstdCompressSync],
  ['zstd', (body) => zstdCompressSync(body, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })],
  ['zstd', split(zstdCompressSync)],
  ['zstd', (body) => Buffer.concat([skippable, zstdCompressSync(body), skippable])],
  ['identity', (body) => body],
  ['', (body) => body],
]

test.for(CODINGS)('content-encoding "%s"', async ([coding, compress]) => {
  const answer = await send(coding, compress(invalid))
  expect(answer.status).toBe(200)
  expect(JSON.parse(answer.body.toString()).partialSuccess).toMatchObject({ rejectedSpans: '300' })
})

const zstdWindow27 = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88, 0x01, 0x00, 0x00])
const whole = { gzip: gzipSync(invalid), deflate: deflateSync(invalid), zstd: zstdCompressSync(invalid) }
const BROKEN: readonly (readonly [string, string, Buffer])[] = [
  ...Object.entries(whole).flatMap(([coding, body]) => [
    ['nothing', coding, Buffer.alloc(0)] as const,
    ['the wrong coding', coding, invalid] as const,
    ['what is cut off', coding, body.subarray(0, -5)] as const,
    ['what goes on after its end', coding, Buffer.concat([body, Buffer.from('{}{}{}{}')])] as const,
  ]),
  ['a second frame that is cut off', 'zstd', Buffer.concat([whole.zstd, whole.zstd.subarray(0, 40)])],
  ['a window of 128 MiB', 'zstd', zstdWindow27],
  ['ten thousand empty frames', 'zstd', Buffer.concat(Array(10_000).fill(skippable))],
]

test.for(BROKEN)('%s as %s is a 400', async ([, coding, body]) => {
  const answer = await send(coding, body)
  expect(answer.status).toBe(400)
  expect(rpcStatusOf(answer)).toMatchObject({ code: 3 })
})

describe('the limit is one of the decompressed body', () => {
  const exact = Buffer.from(`{}${' '.repeat(LIMIT - 2)}`)
  const over = Buffer.concat([exact, Buffer.from(' ')])
  const compressions = { gzip: gzipSync, deflate: deflateSync, zstd: zstdCompressSync }
  test.for(Object.entries(compressions))('%s', async ([coding, compress]) => {
    expect((await send(coding, compress(exact))).status).toBe(200)
    const answer = await send(coding, compress(over))
    expect(answer.status).toBe(413)
    expect(rpcStatusOf(answer)).toMatchObject({ code: 8 })
  })

  test('of all frames together', async () => {
    const frames = Buffer.concat([zstdCompressSync(exact), zstdCompressSync(Buffer.from(' '))])
    expect((await send('zstd', frames)).status).toBe(413)
  })
})

describe('bombs', () => {
  const zeros = Buffer.alloc(600_000_000)
  const bombs: readonly (readonly [string, Buffer])[] = [
    ['gzip', gzipSync(zeros)],
    ['deflate', deflateSync(zeros)],
    ['zstd', zstdCompressSync(zeros)],
  ]

  test.for(bombs)(
    '%s: fifty cost less than inflating a few, and leave nothing behind',
    async ([coding, bomb]) => {
      expect(bomb.length).toBeLessThan(LIMIT)
      const connection = await RawConnection.open(collector.port)
      await connection.write(request(coding, bomb))
      expect((await connection.response()).status).toBe(413)
      const memory = process.memoryUsage().arrayBuffers
      for (let left = 50; left > 0; left--) {
        await connection.write(request(coding, bomb))
        const answer = await connection.response()
        expect(answer.status).toBe(413)
      }
      connection.destroy()
      // 600 MB each, if it were inflated whole.
      expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(300_000_000)
    },
  )
})
