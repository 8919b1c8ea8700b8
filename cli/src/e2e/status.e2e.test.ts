import { type Installation, startInstallation, until } from '@weir/engines/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InstallationStatus } from '../status/installation-status.ts'

let weir: Installation

beforeAll(async () => {
  weir = await startInstallation()
})

afterAll(() => weir?.[Symbol.asyncDispose]())

async function status(): Promise<{ code: number | null; status: InstallationStatus }> {
  const { code, stdout } = await weir.weir(['status', '--json'])
  return { code, status: JSON.parse(stdout) as InstallationStatus }
}

/** Sends spans of one trace; those of the last argument have no id. */
async function send(trace: number, spans: number, invalid: number = 0): Promise<void> {
  const now = `${Date.now()}000000`
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
  const body = Array.from({ length: spans }, (_, index) => ({
    traceId: hex(trace + 1, 32),
    spanId: index < invalid ? '' : hex(trace * 1000 + index + 1, 16),
    name: 'counted',
    startTimeUnixNano: now,
    endTimeUnixNano: now,
  }))
  const response = await fetch(`${weir.collectorUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: body }] }] }),
  })
  expect(response.status).toBe(200)
}

test('shows rate, ledger, lag, log and backlog of spans that come in, and exit code 0', async () => {
  let sent = 0
  const sending = setInterval(() => void send(sent++, 10, 1), 50)
  const loaded = await status()
  clearInterval(sending)
  expect(loaded.code).toBe(0)
  expect(loaded.status.healthy).toBe(true)
  expect(loaded.status.ingest?.spansPerSecond).toBeGreaterThan(0)
  expect(loaded.status.ingest?.spansPerSecond).toBeLessThanOrEqual(250)

  const { status: settled } = await until(
    status,
    // A pass writes its runs before it checks their traces off.
    ({ status: { ingest, stored } }) =>
      ingest?.stored === sent * 9 && stored?.spans === sent * 9 && stored.unsettledTraces === 0,
  )
  expect(settled.ingest).toMatchObject({
    spansPerSecond: 0,
    received: sent * 10,
    rejected: { invalid_id: sent },
    pending: 0,
    lagSeconds: 0,
    log: { segments: 0, quarantinedBlocks: 0, quarantinedBytes: 0 },
  })
  expect(settled.ingest?.log.bytes).toBeLessThan(settled.ingest?.log.maxBytes ?? 0)
  expect(settled.stored).toMatchObject({ runs: sent, unsettledTraces: 0 })
  expect(settled.stored?.diskBytes).toBeGreaterThan(0)

  const { stdout } = await weir.weir(['status'])
  expect(stdout).toMatch(/^ {2}collector +ready +\d+ /m)
  expect(stdout).toContain(
    `ingest: 0 spans/s; ${sent * 10} received = ${sent * 9} stored + ${sent} rejected (invalid_id ${sent}) + 0 pending`,
  )
  expect(stdout).toMatch(/^log: \d+ MB of \d+ MB, 0 segments to deliver$/m)
  expect(stdout).toMatch(/^store: \d+ spans, \d+ runs, \d+ MB on disk/m)
})

test('exit code 3 for a process that runs but does not answer', async () => {
  const collector = (await status()).status.processes.find(({ name }) => name === 'collector')!
  process.kill(collector.pid!, 'SIGSTOP')
  try {
    const { code, stdout } = await weir.weir(['status'])
    expect(code).toBe(3)
    expect(stdout).toContain(`collector: no answer at ${weir.collectorUrl}`)
    expect(stdout).toContain('store: ')
  } finally {
    process.kill(collector.pid!, 'SIGCONT')
  }
})

test('exit code 3 and one line where nothing runs', async () => {
  await weir.stop()
  expect(await weir.weir(['status'])).toMatchObject({
    code: 3,
    stdout: `weir is not running on ${weir.home}: start it with "weir up"\n`,
  })
  expect(await status()).toMatchObject({
    code: 3,
    status: { healthy: false, supervisor: null, ingest: null },
  })
})
