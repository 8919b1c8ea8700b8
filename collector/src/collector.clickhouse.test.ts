import { requestOf } from '@weir/dialects/testing'
import { testDatabase } from '@weir/engines/testing'
import { flow, flush, init, shutdown, traceModel } from '@weir/sdk'
import { rows } from '@weir/store'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startCollector } from './collector.ts'
import { createTestStore, type TestStore } from './testing/database.ts'
import { temporaryDirectory } from './testing/temporary-directory.ts'

let store: TestStore

beforeAll(async () => {
  store = await createTestStore(inject('clickhouseUrl'), testDatabase())
})
afterAll(() => store?.drop())

function start(project: string) {
  return startCollector({
    walDirectory: temporaryDirectory(),
    store: { ...store, project },
    port: 0,
    logLevel: 'silent',
  })
}

async function text(url: string): Promise<string> {
  return (await fetch(url)).text()
}

const post = (url: string, body: object) =>
  fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

test('runs of the SDK arrive with their steps, attempts and usage', async () => {
  const collector = await start('sdk')
  init({ serviceName: 'shop', serviceVersion: '1.4', environment: 'test', endpoint: collector.url })
  let tries = 0
  const order = flow('order', { version: '7' }, async (item: string) => {
    await flow.step('reserve', () => 'ok', {})
    await flow.step(
      'charge',
      () => {
        tries += 1
        if (tries === 1) throw new RangeError('declined')
        return 'paid'
      },
      { retry: { attempts: 2, delay: 1 } },
    )
    await traceModel({ provider: 'openai', model: 'gpt-4o', input: item }, (span) => {
      span.setUsage({ inputTokens: 1000, outputTokens: 100 })
      return 'thanks'
    })
    return `${item} sent`
  })
  await order.run('book', { session: 's1', user: 'u1', id: 'run-1' })
  expect(await flush()).toMatchObject({ lost: 0, pending: 0 })
  await shutdown()
  await collector.close()
  const spans = await rows(
    store,
    `SELECT kind, name, declared_flow, declared_run_id, status, step_attempts, error_type, error_message, service, version, environment,
       session_id, user_id, model, provider, input_tokens, output_tokens, cost, input, output
     FROM spans FINAL WHERE project = 'sdk' ORDER BY kind, name, status`,
  )
  const usage = { input_tokens: 1000, output_tokens: 100, cost: 0.0035 }
  expect(spans).toMatchObject([
    { kind: 'attempt', name: 'charge', status: 'error', error_type: 'RangeError', error_message: 'declined' },
    { kind: 'attempt', name: 'charge', status: 'ok' },
    { kind: 'flow', name: 'order', status: 'ok', version: '7', input: 'book', output: 'book sent' },
    { kind: 'model', name: 'chat gpt-4o', model: 'gpt-4o', provider: 'openai', ...usage },
    { kind: 'step', name: 'charge', status: 'ok', step_attempts: 2, output: 'paid' },
    { kind: 'step', name: 'reserve', status: 'ok' },
  ])
  expect(spans[2]).toMatchObject({ session_id: 's1', user_id: 'u1' })
  const common = { declared_flow: 'order', declared_run_id: 'run-1', service: 'shop', environment: 'test' }
  for (const span of spans) expect(span).toMatchObject(common)
})

test('ready, and the ledger says what is stored', async () => {
  const collector = await start('ledger')
  expect(await text(`${collector.url}/readyz`)).toBe('ok')
  const response = await post(collector.url, requestOf([{}, {}, { traceId: '' }]))
  expect(await response.json()).toMatchObject({ partialSuccess: { rejectedSpans: '1' } })
  await expect.poll(() => text(`${collector.url}/metrics`)).toMatch(/^weir_wal_segments 0$/m)
  const metrics = await text(`${collector.url}/metrics`)
  expect(metrics).toMatch(/^weir_spans_received_total 3$/m)
  expect(metrics).toMatch(/^weir_spans_stored_total 2$/m)
  expect(metrics).toMatch(/^weir_spans_rejected_total\{reason="invalid_id"\} 1$/m)
  expect(metrics).toMatch(/^weir_spans_pending 0$/m)
  await collector.close()
})

test('what was acknowledged can be queried once the collector has flushed', async () => {
  const collector = await start('flush')
  for (let round = 1; round <= 5; round++) {
    const spans = [{ traceId: String(round).padStart(32, '0') }]
    expect((await post(collector.url, requestOf(spans))).status).toBe(200)
    expect((await fetch(`${collector.url}/flush`, { method: 'POST' })).status).toBe(200)
    const [row] = await rows<{ n: number }>(store, `SELECT count() AS n FROM spans WHERE project = 'flush'`)
    expect(row!.n).toBe(round)
  }
  expect((await fetch(`${collector.url}/flush`)).status).toBe(405)
  await collector.close()
})

test('closing answers the requests that are on their way', async () => {
  const collector = await start('closing')
  const requests = Array.from({ length: 20 }, (_, at) =>
    post(collector.url, requestOf([{ traceId: (at + 1).toString(16).padStart(32, '0') }])),
  )
  await Promise.race(requests)
  await collector.close()
  const statuses = (await Promise.allSettled(requests)).map(
    (result) => result.status === 'fulfilled' && result.value.status,
  )
  const acked = statuses.filter((status) => status === 200).length
  expect(acked).toBeGreaterThan(0)
  const [row] = await rows<{ n: number }>(
    store,
    `SELECT count() AS n FROM spans FINAL WHERE project = 'closing'`,
  )
  expect(row!.n).toBe(acked)
})
