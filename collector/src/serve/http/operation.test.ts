import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { protobufOfJson } from '@weir/dialects'
import { requestOf } from '@weir/dialects/testing'
import { mountSmallFilesystem } from '@weir/engines/testing'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Collector } from '../../collector.ts'
import { chunk, exchange, RawConnection, rawRequest } from '../../testing/raw-http.ts'
import { startTestCollector } from '../../testing/start-collector.ts'

const json = { 'content-type': 'application/json' }
const protobuf = { 'content-type': 'application/x-protobuf' }

let collector: Collector
beforeAll(async () => {
  collector = await startTestCollector({ maxBodyBytes: 10_000 })
})
afterAll(() => collector?.close())

const get = (target: string, method = 'GET') => exchange(collector.port, rawRequest({ method, target }))
const post = (headers: Record<string, string>, body: Buffer | string) =>
  exchange(collector.port, rawRequest({ headers, body }))

/** The value of each series, by name and labels. */
async function scrape(): Promise<Map<string, number>> {
  const { status, body } = await get('/metrics')
  expect(status).toBe(200)
  const lines = body.toString().split('\n')
  const samples = lines.filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  )
}

/** How much each series grew, those that did not left out. */
async function growth(of: () => Promise<unknown>, prefix: string): Promise<Record<string, number>> {
  const before = await scrape()
  await of()
  const grown = [...(await scrape())].map(([name, value]) => [name, value - (before.get(name) ?? 0)] as const)
  return Object.fromEntries(grown.filter(([name, value]) => name.startsWith(prefix) && value !== 0))
}

test.for(['/healthz', '/readyz'])(
  '%s is ok, as the log can take spans while ClickHouse is away',
  async (path) => {
    expect(await get(path)).toMatchObject({ status: 200, body: Buffer.from('ok') })
    expect(await get(`${path}?x=y`)).toMatchObject({ status: 200 })
    expect(await get(path, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
  },
)

test('a disk that is nearly full is named while spans are still taken, and its room is a metric', async ({
  skip,
}) => {
  const disk = mountSmallFilesystem(200 * 1024 ** 2)
  if (disk === undefined) return skip('this process may not mount a file system')
  onTestFinished(disk.unmount)
  const { directory } = disk
  const small = await startTestCollector({ walDirectory: join(directory, 'wal') })
  const page = async (path: string) => (await fetch(`${small.url}${path}`)).text()
  expect(await page('/readyz')).toBe('ok')
  writeFileSync(join(directory, 'filler'), Buffer.alloc(182 * 1024 ** 2))
  expect(await page('/readyz')).toMatch(/^ok, but the disk of .*wal is nearly full: 1[78] MB of 200 MB left$/)
  expect(await page('/metrics')).toMatch(/^weir_disk_free_bytes 18\d{6}$/m)
  await small.close()
})

test('a port that is taken is an error with its code', async () => {
  await expect(startTestCollector({ port: collector.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

describe('metrics', () => {
  const spans = (count: number) =>
    Buffer.from(JSON.stringify(requestOf(Array.from({ length: count }, () => ({})))))

  test('say what came in which encoding, and how it was answered', async () => {
    const body = protobufOfJson(spans(2))
    const grown = await growth(async () => {
      await post(json, '{}')
      await post({ ...json, 'content-encoding': 'identity' }, 'x')
      await post(protobuf, body)
      await post(protobuf, body)
      await post({ 'content-type': 'text/plain' }, '{}')
    }, 'weir_request')
    expect(grown).toEqual({
      'weir_requests_total{transport="http",encoding="json",status="200"}': 1,
      'weir_requests_total{transport="http",encoding="json",status="400"}': 1,
      'weir_requests_total{transport="http",encoding="protobuf",status="200"}': 2,
      'weir_requests_total{transport="http",encoding="unknown",status="415"}': 1,
      'weir_request_bytes_total{transport="http",encoding="json",compression="identity"}': 3,
      'weir_request_bytes_total{transport="http",encoding="protobuf",compression="identity"}':
        2 * body.length,
      'weir_request_errors_total{transport="http",reason="undecodable"}': 1,
      'weir_request_errors_total{transport="http",reason="unsupported"}': 1,
      weir_request_duration_seconds_count: 5,
      'weir_request_duration_seconds_bucket{le="+Inf"}': 5,
      ...Object.fromEntries(
        Object.entries(grown).filter(([name]) => /duration_seconds_(bucket|sum)/.test(name)),
      ),
    })
  })

  test('say why requests failed that never were ones', async () => {
    const grown = await growth(async () => {
      await exchange(collector.port, 'nonsense\r\n\r\n')
      await post(json, ' '.repeat(20_000))
      const gone = await RawConnection.open(collector.port)
      await gone.write(
        rawRequest({ headers: { ...json, 'transfer-encoding': 'chunked' }, sized: false }),
        chunk('{'),
      )
      gone.destroy()
      await gone.closed()
      await expect.poll(async () => (await scrape()).get('weir_requests_in_flight{transport="http"}')).toBe(0)
    }, 'weir_request_errors_total')
    expect(grown).toEqual({
      'weir_request_errors_total{transport="http",reason="protocol"}': 1,
      'weir_request_errors_total{transport="http",reason="too_large"}': 1,
      'weir_request_errors_total{transport="http",reason="cut_off"}': 1,
    })
  })

  test('account for every span in every scrape', async () => {
    let sending = true
    const senders = Array.from({ length: 4 }, async () => {
      while (sending) await post(json, Buffer.from(JSON.stringify(requestOf([{}, { traceId: '' }, {}]))))
    })
    for (let left = 50; left > 0; left--) {
      const samples = await scrape()
      const rejected = [...samples].filter(([name]) => name.startsWith('weir_spans_rejected_total'))
      const accounted = rejected.reduce((sum, [, value]) => sum + value, 0)
      const received = samples.get('weir_spans_received_total')!
      expect(received).toBe(
        samples.get('weir_spans_stored_total')! + accounted + samples.get('weir_spans_pending')!,
      )
      if (left === 1) {
        expect(received).toBeGreaterThan(50)
        expect(samples.get('weir_spans_rejected_total{reason="invalid_id"}')).toBeGreaterThan(10)
      }
    }
    sending = false
    await Promise.all(senders)
  })

  test('say how the process does', async () => {
    const names = [...(await scrape()).keys()]
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_seconds',
    ]) {
      expect(names).toContain(name)
    }
  })
})
