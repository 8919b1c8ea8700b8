import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Installation, startInstallation, until } from '@weir/engines/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InspectedProcess } from '../status/inspect-process.ts'
import type { InstallationStatus } from '../status/installation-status.ts'
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

/** @param frozen the process to freeze, by the name that it belongs to */
async function expectRestart(frozen: ReadonlyMap<string, number>): Promise<void> {
  const before = await status()
  for (const pid of frozen.values()) process.kill(pid, 'SIGSTOP')
  const [stopped, doctor] = await Promise.all([weir.weir(['status']), weir.weir(['doctor'])])
  expect(stopped.code).toBe(3)
  expect(doctor.code).toBe(2)
  for (const name of frozen.keys()) {
    expect(stopped.stdout).toMatch(new RegExp(`^problem: ${name}: is frozen`, 'm'))
    expect(doctor.stdout).toMatch(new RegExp(`^problem +${name} +is frozen`, 'm'))
  }

  const wasRestarted = (now: InstallationStatus, name: string) => {
    const [old, row] = [find(before, name), find(now, name)]
    return row.pid !== old.pid && row.restarts === old.restarts + 1
  }
  const after = await until(
    status,
    (now) => now.healthy && [...frozen.keys()].every((name) => wasRestarted(now, name)),
  )
  for (const name of frozen.keys())
    expect(find(after, name).lastEnd).toMatch(/^(did not answer|was stopped by a signal) for \d+ s$/)
  const pids = after.processes.map(({ pid }) => pid)
  for (const pid of frozen.values()) expect(pids).not.toContain(pid)
  await sendOne()
}

// Those that do not need each other are frozen at once.
test.each([[['clickhouse']], [['valkey']], [['collector', 'worker', 'dashboard']]])(
  'weir status says that %s are frozen, and they are started again',
  async (names) => {
    await sendOne()
    const now = await status()
    await expectRestart(new Map(names.map((name) => [name, find(now, name).pid!])))
  },
)

test('a Valkey server that is frozen below its process is started again too', async ({ skip }) => {
  const server = serverOf(find(await status(), 'valkey').pid!)
  if (server === undefined) return skip('Valkey runs as WebAssembly here')
  await expectRestart(new Map([['valkey', server]]))
})

test('a supervisor that was stopped itself, and then goes on, ends nothing', async () => {
  const before = await until(status, ({ healthy }) => healthy)
  process.kill(before.supervisor!, 'SIGSTOP')
  await sleep(1.5 * LIMIT_SECONDS * 1000)
  process.kill(before.supervisor!, 'SIGCONT')
  // Several questions later.
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
