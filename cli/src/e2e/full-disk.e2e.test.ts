import { appendFileSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mountSmallFilesystem, run, startInstallation, until, WEIR } from '@weir/engines/testing'
import { expect, onTestFinished, test } from 'vitest'
import type { InstallationStatus } from '../status/installation-status.ts'
import { pidFile, readPid } from '../supervisor/home.ts'
import { isAlive } from '../supervisor/running-process.ts'
import { sendSpans } from './send-spans.ts'

const MIB = 1024 ** 2
/** Of a tmpfs. */
const BLOCK = 4096

test('a disk that fills is said before and while it is full, ends nothing, and all goes on when there is room', async ({
  skip,
}) => {
  const disk = mountSmallFilesystem(300 * MIB)
  if (disk === undefined) return skip('this process may not mount a file system')
  onTestFinished(disk.unmount)
  const home = join(disk.directory, 'home')
  await using weir = await startInstallation({ home })
  const status = async () => JSON.parse((await weir.weir(['status', '--json'])).stdout) as InstallationStatus
  const text = async (url: string) => await (await fetch(url)).text()
  const supervisor = (await status()).supervisor!
  let acknowledged = 0
  const send = async (spans: number) => {
    const code = await sendSpans(weir.collectorUrl, spans)
    if (code === 200) acknowledged += spans
    return code
  }
  expect(await send(100)).toBe(200)
  expect(await text(`${weir.collectorUrl}/readyz`)).toBe('ok')

  disk.fill(24 * MIB)
  expect(await text(`${weir.collectorUrl}/readyz`)).toMatch(
    /^ok, but the disk of .*wal is nearly full: \d+ MB of 300 MB/,
  )
  expect(await text(`http://127.0.0.1:${weir.env.WEIR_WORKER_PORT}/readyz`)).toMatch(
    /^ok, but the disk of .* is nearly full/,
  )
  expect(await text(`${weir.collectorUrl}/metrics`)).toMatch(/^weir_disk_free_bytes [1-9]\d{6,7}$/m)
  const low = await weir.weir(['status'])
  expect([low.code, low.stdout], low.stdout).toEqual([
    0,
    expect.stringMatching(/^warning: disk: .* is nearly full/m),
  ])
  expect((await weir.weir(['doctor'])).stdout).toMatch(/^problem {2}disk .* is nearly full/m)

  disk.fill()
  // The last block of a file may have room for lines.
  const log = join(home, 'log', 'collector.log')
  appendFileSync(log, ' '.repeat(BLOCK - (statSync(log).size % BLOCK)))
  await until(
    async () => {
      disk.fill()
      return send(1000)
    },
    (code) => code === 503,
  )
  const collector = readPid(pidFile(home, 'collector'))!
  process.kill(collector, 'SIGKILL')
  await until(
    async () => {
      disk.fill()
      return await fetch(`${weir.collectorUrl}/healthz`)
    },
    ({ ok }) => ok,
  )
  // Long enough for lines of the children's logs to be lost, and for each process to be asked several times.
  await sleep(6_000)
  const full = await weir.weir(['status'])
  expect([full.code, full.stdout], full.stdout).toEqual([
    3,
    expect.stringMatching(/^problem: disk: .* is full: \d MB of 300 MB left/m),
  ])
  expect((await weir.weir(['doctor'])).stdout).toMatch(/^problem {2}disk .* is full/m)
  expect(isAlive(supervisor)).toBe(true)

  disk.free()
  await until(
    () => send(100),
    (code) => code === 200,
  )
  const after = await until(
    status,
    ({ healthy, stored, ingest }) => healthy && stored?.spans === acknowledged && ingest?.pending === 0,
  )
  expect(after.supervisor).toBe(supervisor)
  expect(after.processes.map(({ name, restarts }) => [name, restarts])).toEqual(
    ['clickhouse', 'valkey', 'collector', 'worker', 'dashboard'].map((name) => [
      name,
      name === 'collector' ? 1 : 0,
    ]),
  )
  expect(after.stored?.spanRows).toBe(acknowledged)
  await until(
    async () => readFileSync(log, 'utf8'),
    (lines) => /\d+ lines? could not be written \(ENOSPC/.test(lines),
  )

  expect(await weir.stop()).toBe(0)
  disk.fill()
  const env = { ...weir.env, WEIR_CLICKHOUSE_URL: '', WEIR_REDIS_URL: '' }
  const refused = await run([WEIR, 'up'], env)
  expect([refused.code, refused.stderr]).toEqual([
    3,
    expect.stringMatching(/^weir: the disk .*is full .*free some space/),
  ])
  expect(refused.stderr).not.toMatch(/^ +at /m)
  disk.free()
  await weir.restart()
  await until(status, ({ healthy, stored }) => healthy && stored?.spans === acknowledged)
})
