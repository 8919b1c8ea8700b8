import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Health, startHealth } from './http.ts'
import { createMetrics } from './metrics.ts'
import type { StoreReading } from './store-metrics.ts'

const READING: StoreReading = {
  usage: {
    tables: [{ table: 'spans', rows: 9, parts: 1, diskBytes: 900, uncompressedBytes: 9_000 }],
    projects: [{ project: 'shop', table: 'spans', rows: 9, diskBytes: 900, uncompressedBytes: 9_000 }],
  },
  retention: [
    { project: '', days: 90, payloadDays: 14, appliedMs: 1 },
    { project: 'shop', days: 0, payloadDays: 0, appliedMs: 1 },
  ],
  removed: [{ project: 'shop', runs: 2, spans: 6, emptiedRuns: 1, emptiedSpans: 3, bytes: 4_000 }],
}

let health: Health
/** What reading the store gives; undefined: it does not answer. */
let reading: StoreReading | undefined
beforeAll(async () => {
  const config = { host: '0.0.0.0', port: 0, allowedHosts: ['worker'] }
  health = await startHealth(
    config,
    createMetrics({
      diskFree: async () => undefined,
      failing: () => 0,
      store: async () => {
        if (reading === undefined) throw new Error('away')
        return reading
      },
    }).registry,
    async () => ['Redis is away'],
    async () => [],
  )
})
afterAll(() => health?.close())

/** `fetch` sets the host by itself. */
function get(path: string, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    request({ port: health.port, path, headers, agent: false }, (response) => {
      let text = ''
      response
        .setEncoding('utf8')
        .on('data', (chunk) => {
          text += chunk
        })
        .on('end', () => resolve({ status: response.statusCode!, text }))
    })
      .on('error', reject)
      .end()
  })
}

describe.each([
  ['/healthz', 200],
  ['/readyz', 503],
  ['/metrics', 200],
  ['/nothing', 404],
  ['/healthz?full', 200],
  ['http://localhost/healthz', 200],
])('%s', (path, status) => {
  test.each(['127.0.0.1:4319', 'localhost', '10.2.3.4:4319', 'worker:4319'])(
    'answers to %s',
    async (host) => {
      expect((await get(path, { host })).status).toBe(status)
    },
  )

  test('answers to no other name, on whatever address', async () => {
    const { status, text } = await get(path, { host: 'evil.example:4319' })
    expect(status).toBe(421)
    expect(text).toMatch(/^the host "evil\.example:4319" is not a name .* WEIR_ALLOWED_HOSTS/)
  })

  test('answers to no other name in the target', async () => {
    const target = `http://evil.example${path.replace('http://localhost', '')}`
    expect((await get(target, { host: 'localhost' })).status).toBe(421)
  })

  test('answers to no page of another origin', async () => {
    const page = { host: 'localhost:4319', origin: 'http://localhost:3000' }
    expect((await get(path, page)).status).toBe(403)
  })
})

test('every metric is described in docs/METRICS.md with its type', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/METRICS.md'), 'utf8')
  const { text } = await get('/metrics', { host: 'localhost' })
  const exported = [...text.matchAll(/^# TYPE (weir_\w+) (\w+)$/gm)].map(
    ([, name, type]) => `| \`${name}\` | ${type}`,
  )
  expect(exported).toContain('| `weir_worker_failed_traces` | gauge')
  expect(exported.filter((row) => !page.includes(row))).toEqual([])
})

test('what the store takes and what retention removed is exported once the store answers', async () => {
  reading = undefined
  const lines = async () => {
    const { text } = await get('/metrics', { host: 'localhost' })
    return text.split('\n').filter((line) => /^weir_(store|retention)_/.test(line))
  }
  expect(await lines()).toEqual(['weir_retention_failures_total 0'])
  reading = READING
  expect(await lines()).toEqual([
    'weir_store_table_bytes{table="spans"} 900',
    'weir_store_rows{project="shop",table="spans"} 9',
    'weir_store_project_bytes{project="shop",table="spans"} 900',
    'weir_retention_days{project="",of="runs"} 90',
    'weir_retention_days{project="",of="payloads"} 14',
    'weir_retention_removed_runs_total{project="shop"} 2',
    'weir_retention_removed_spans_total{project="shop"} 6',
    'weir_retention_emptied_spans_total{project="shop"} 3',
    'weir_retention_freed_bytes_total{project="shop"} 4000',
    'weir_retention_failures_total 0',
  ])
  // It is not read again with each scrape.
  reading = undefined
  expect(await lines()).toContain('weir_store_rows{project="shop",table="spans"} 9')
})
