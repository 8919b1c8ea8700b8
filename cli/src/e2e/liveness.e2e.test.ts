import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '@weir/engines/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InspectedProcess } from '../status/inspect-process.ts'
import type { InstallationStatus } from '../status/installation-status.ts'
import { type Installation, startInstallation } from './installation.ts'
import { sendSpans } from './send-spans.ts'

/** Long enough for `weir status` to be run and asked before it has passed, on a slow machine too. */
const LIMIT_SECONDS = 10

let weir: Installation
let acknowledged = 0

beforeAll(async () => {
  weir = await startInstallation({ env: { WEIR_LIVENESS_TIMEOUT: `${LIMIT_SECONDS}s` } })
})

afterAll(() => weir?.[Symbol.asyncDispose]())

async function status(): Promise<InstallationStatus> {
  return JSON.parse((await weir.weir(['status', '--json'])).stdout) as InstallationStatus
}

function find({ processes }: InstallationStatus, name: string): InspectedProcess {
  return processes.find((row) => row.name === name)!
}

/** A Valkey server in the group of `weir engine valkey`; undefined where Valkey runs in that process itself. */
function serverOf(pid: number): number | undefined {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,pgid=']).toString().trim().split('\n')
  const group = rows.map((row) => row.trim().split(/\s+/).map(Number)).filter(([, pgid]) => pgid === pid)
  return group.find(([member]) => member !== pid)?.[0]
}

/** Until a span is taken, as any client does. */
async function sendOne(): Promise<void> {
  await until(
    () => sendSpans(weir.collectorUrl),
    (code) => code === 200,
  )
  acknowledged++
}

async function expectRestart(name: string, frozen: number): Promise<void> {
  const before = find(await status(), name)
  process.kill(frozen, 'SIGSTOP')
  const [stopped, doctor] = await Promise.all([weir.weir(['status']), weir.weir(['doctor'])])
  expect(stopped.code).toBe(3)
  expect(stopped.stdout).toMatch(new RegExp(`^problem: ${name}: is frozen`, 'm'))
  expect(doctor.code).toBe(2)
  expect(doctor.stdout).toMatch(new RegExp(`^problem +${name} +is frozen`, 'm'))

  const after = await until(status, (now) => {
    const row = find(now, name)
    return now.healthy && row.pid !== before.pid && row.restarts === before.restarts + 1
  })
  expect(find(after, name).lastEnd).toMatch(/^(did not answer|was stopped by a signal) for \d+ s$/)
  expect(after.processes.filter(({ pid }) => pid === frozen)).toEqual([])
  await sendOne()
}

test.each(['clickhouse', 'valkey', 'collector', 'worker', 'dashboard'])(
  'weir status says that %s is frozen, and it is started again',
  async (name) => {
    await sendOne()
    await expectRestart(name, find(await status(), name).pid!)
  },
)

test('a Valkey server that is frozen below its process is started again too', async ({ skip }) => {
  const server = serverOf(find(await status(), 'valkey').pid!)
  if (server === undefined) return skip('Valkey runs as WebAssembly here')
  await expectRestart('valkey', server)
})

test('a supervisor that was stopped itself, and then goes on, ends nothing', async () => {
  const before = await until(status, ({ healthy }) => healthy)
  process.kill(before.supervisor!, 'SIGSTOP')
  await sleep(2 * LIMIT_SECONDS * 1000)
  process.kill(before.supervisor!, 'SIGCONT')
  await sleep(LIMIT_SECONDS * 1000)
  const after = await status()
  const pids = ({ processes }: InstallationStatus) => processes.map(({ name, pid }) => [name, pid])
  expect(pids(after)).toEqual(pids(before))
})

test('while ClickHouse is away the collector takes spans and is not started again', async () => {
  const before = await until(status, ({ healthy }) => healthy)
  const clickhouse = find(before, 'clickhouse').pid!
  process.kill(clickhouse, 'SIGSTOP')
  await sendOne()
  const after = await until(status, (now) => now.healthy && find(now, 'clickhouse').pid !== clickhouse)
  for (const name of ['collector', 'worker', 'dashboard'])
    expect(find(after, name)).toMatchObject({ pid: find(before, name).pid })
})

test('all that was acknowledged is stored and settled', async () => {
  await until(status, ({ stored }) => stored?.spans === acknowledged && stored.unsettledTraces === 0)
})
