import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Installation, startInstallation, until } from '@weir/engines/testing'
import { expect, test } from 'vitest'
import { readIngest } from '../status/ingest.ts'
import { logFile, pidFile, readPid } from '../supervisor/home.ts'
import { waitForEnd } from '../supervisor/running-process.ts'

const SENDERS = 4
const SPANS = 200
/** A load is bounded, whatever becomes of the test. */
const REQUESTS = 5_000
/** Milliseconds that a collector has to hand over, by contract. */
const HAND_OVER = 10_000

test('SIGTERM to weir up under load: everything ends by itself, and every acknowledged span is there once', async () => {
  await using weir = await startInstallation()
  const client = startClient(weir.collectorUrl)
  await until(
    async () => client.acknowledged,
    (spans) => spans > 20_000,
  )
  expect(await weir.stop()).toBe(0)
  for (const name of ['dashboard', 'worker', 'collector', 'valkey', 'clickhouse']) {
    expect(await readFile(logFile(weir.home, name), 'utf8')).not.toContain('did not end within')
  }
  const before = client.acknowledged
  await weir.restart()
  await until(
    async () => client.acknowledged,
    (spans) => spans > before,
  )
  await client.stop()
  await expectEachOnce(weir, client.acknowledged)
})

test('SIGTERM to a collector whose ClickHouse hangs: it ends in time, and its successor delivers what was left', async () => {
  await using weir = await startInstallation()
  const client = startClient(weir.collectorUrl)
  await until(
    async () => client.acknowledged,
    (spans) => spans > 5_000,
  )
  const clickhouse = pidOf(weir, 'clickhouse')
  const collector = pidOf(weir, 'collector')
  process.kill(clickhouse, 'SIGSTOP')
  try {
    const before = client.acknowledged
    await until(
      async () => client.acknowledged,
      (spans) => spans > before + 5_000,
    )
    process.kill(collector, 'SIGTERM')
    expect(await waitForEnd(collector, HAND_OVER)).toBe(true)
    await client.stop()
  } finally {
    process.kill(clickhouse, 'SIGCONT')
  }
  expect(pidOf(weir, 'collector')).not.toBe(collector)
  await expectEachOnce(weir, client.acknowledged)
})

/** The client repeats what was not acknowledged, so that what it sent, what was acknowledged and what is stored are the same. */
async function expectEachOnce(weir: Installation, acknowledged: number): Promise<void> {
  const ingest = await until(
    async () => (await readIngest(weir.collectorUrl))!,
    ({ pending }) => pending === 0,
  )
  expect(ingest.received).toBe(ingest.stored! + Object.values(ingest.rejected).reduce((a, b) => a + b, 0))
  expect(ingest.stored).toBeGreaterThanOrEqual(acknowledged)
  const [stored] = await weir.query<{ spans: number; ids: number }>(
    `SELECT count() AS spans, uniqExact(trace_id, span_id) AS ids FROM spans FINAL WHERE service = 'graceful'`,
  )
  expect(stored).toEqual({ spans: acknowledged, ids: acknowledged })
  await until(
    () =>
      weir.query<{ spans: number; counted: number }>(`
      SELECT (SELECT sum(span_count) FROM runs FINAL WHERE service = 'graceful') AS spans,
        (SELECT sum(runs) * ${SPANS} FROM run_minutes FINAL WHERE service = 'graceful') AS counted`),
    ([total]) => total?.spans === acknowledged && total.counted === acknowledged,
  )
}

interface Client {
  readonly acknowledged: number
  /** Resolves when all that was sent is acknowledged. */
  stop(): Promise<void>
}

/** Sends one trace per request on several connections, and repeats each until it is acknowledged. */
function startClient(url: string): Client {
  let acknowledged = 0
  let sent = 0
  let stopping = false
  const send = async () => {
    while (!stopping && sent++ < REQUESTS) {
      const body = requestBody()
      for (let tries = 0; !(await accepted(url, body)); tries++) {
        if (tries > 600) throw new Error('a request was not acknowledged in 600 tries')
        await sleep(100)
      }
      acknowledged += SPANS
    }
  }
  const sending = Promise.all(Array.from({ length: SENDERS }, send))
  sending.catch(() => undefined)
  return {
    get acknowledged() {
      return acknowledged
    },
    async stop() {
      stopping = true
      await sending
    },
  }
}

function requestBody(): string {
  const now = `${Date.now()}000000`
  const traceId = randomBytes(16).toString('hex')
  const root = randomBytes(8).toString('hex')
  const spans = Array.from({ length: SPANS }, (_, index) => ({
    traceId,
    ...(index === 0 ? { spanId: root } : { spanId: randomBytes(8).toString('hex'), parentSpanId: root }),
    name: index === 0 ? 'root' : 'child',
    startTimeUnixNano: now,
    endTimeUnixNano: now,
  }))
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'graceful' } }] }
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] })
}

/** False where it has to be sent again: refused for now, or the connection failed. */
async function accepted(url: string, body: string): Promise<boolean> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body }).catch(() => undefined)
  if (response === undefined || response.status === 503) return false
  expect(response.status).toBe(200)
  return true
}

function pidOf(weir: Installation, name: string): number {
  return readPid(pidFile(weir.home, name))!
}
