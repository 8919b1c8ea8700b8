import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Health, startHealth } from './http.ts'
import { createMetrics } from './metrics.ts'

let health: Health
beforeAll(async () => {
  const config = { host: '0.0.0.0', port: 0, allowedHosts: ['worker'] }
  health = await startHealth(
    config,
    createMetrics({ diskFree: async () => undefined, failing: () => 0 }).registry,
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
