import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { requestOf } from '@weir/dialects/testing'
import { mountSmallFilesystem } from '@weir/engines/testing'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { startTestCollector } from '../testing/start-collector.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { bytesOf, openLog } from '../testing/wal.ts'
import { checkBlocks } from './check-blocks.ts'
import { blocksPath, type Segment } from './segment.ts'
import type { WriteAheadLog } from './write-ahead-log.ts'

const MIB = 1024 * 1024
const BLOCK = 100_000

/** Where mounting is not allowed, the tests with a limit of the files' size remain. */
function fullDisk(skip: TestContext['skip'], bytes: number): { directory: string; free(): void } {
  const disk = mountSmallFilesystem(bytes)
  if (disk === undefined) return skip('this process may not mount a file system')
  onTestFinished(disk.unmount)
  const { directory } = disk
  const filler = join(directory, 'filler')
  writeFileSync(filler, Buffer.alloc(bytes / 2))
  return { directory, free: () => rmSync(filler) }
}

/** The numbers of rows of the blocks that were taken, until one is refused. */
async function fill(log: WriteAheadLog): Promise<number[]> {
  const taken: number[] = []
  for (let rows = 1; ; rows++) {
    log.ledger.receive(rows, 0)
    const error = await log.append(bytesOf(rows, BLOCK), rows).catch((cause: unknown) => cause)
    if (error === undefined) taken.push(rows)
    else {
      expect(error).toMatchObject({ reason: 'backpressure' })
      return taken
    }
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

async function rowsIn(segments: readonly Segment[]): Promise<number[]> {
  const checked = await Promise.all(segments.map((segment) => checkBlocks(segment)))
  expect(checked.flatMap(({ damaged }) => damaged)).toEqual([])
  return checked.flatMap(({ good }) => good.map(({ rows }) => rows))
}

test('a full disk refuses blocks, keeps no half of one, and takes them again when there is room', async ({
  skip,
}) => {
  const { directory, free } = fullDisk(skip, 2 * MIB)
  const { log, received } = await openLog(directory)
  const taken = await fill(log)
  expect(taken.length).toBeGreaterThan(5)
  const refused = taken.length + 1
  expect(log.ledger.snapshot()).toMatchObject({
    received: sum(taken) + refused,
    pending: sum(taken),
    rejected: { unavailable: refused },
  })
  await expect(log.ready()).rejects.toThrow('ENOSPC')
  const [segment] = received.segments
  expect(readFileSync(blocksPath(segment!))).toEqual(Buffer.concat(taken.map((rows) => bytesOf(rows, BLOCK))))
  free()
  await expect.poll(() => log.ready()).toBeUndefined()
  await log.append(bytesOf(0, BLOCK), 99)
  await log.close()
  const next = await openLog(directory)
  expect(await rowsIn(next.received.segments)).toEqual([...taken, 99])
  await next.log.close()
})

test('on a full disk a segment that was delivered is counted and deleted, which makes room', async ({
  skip,
}) => {
  const { directory } = fullDisk(skip, 2 * MIB)
  const { log, received } = await openLog(directory)
  const taken = await fill(log)
  const [segment] = received.segments
  await log.finish(segment!, { stored: segment!.rows, poison: 0, corrupt: 0 })
  expect(log.snapshot()).toMatchObject({ bytes: 0, segments: 0 })
  await expect.poll(() => log.ready()).toBeUndefined()
  expect(await fill(log)).toEqual(taken)
  await log.close()
  const next = await openLog(directory)
  expect(next.log.ledger.snapshot()).toMatchObject({ stored: sum(taken), pending: sum(taken) })
  await next.log.close()
})

test('beyond a limit of the size of files, the next segment takes what comes', async () => {
  const directory = temporaryDirectory()
  const child = fileURLToPath(new URL('../testing/log-child.ts', import.meta.url))
  const limited = spawn('sh', [
    '-c',
    'ulimit -f 200; exec "$@"',
    'sh',
    process.execPath,
    child,
    directory,
    '20',
    '30000',
  ])
  const [output] = await Promise.all([text(limited.stdout), once(limited, 'close')])
  const blocks = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { rows: number; outcome: string })
  expect(blocks).toHaveLength(20)
  const refused = blocks.filter(({ outcome }) => outcome !== 'taken')
  expect(refused.length).toBeGreaterThan(1)
  for (const { outcome } of refused) expect(outcome).toContain('EFBIG')
  const { log, received } = await openLog(directory)
  const taken = blocks.filter(({ outcome }) => outcome === 'taken').map(({ rows }) => rows)
  expect(await rowsIn(received.segments)).toEqual(taken)
  expect(received.segments.length).toBeGreaterThan(2)
  await log.close()
})

test('a collector on a full disk answers 503 and says so, until there is room', async ({ skip }) => {
  const { directory, free } = fullDisk(skip, 2 * MIB)
  const collector = await startTestCollector({ walDirectory: directory })
  const body = JSON.stringify(requestOf([{ name: 'x'.repeat(BLOCK) }]))
  const headers = { 'content-type': 'application/json' }
  const send = () => fetch(`${collector.url}/v1/traces`, { method: 'POST', headers, body })
  const responses = []
  for (let sent = 0; sent < 12; sent++) responses.push(await send())
  expect(responses[0]!.status).toBe(200)
  const refused = responses.at(-1)!
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await refused.text()).toContain('no space left')
  const ready = await fetch(`${collector.url}/readyz`)
  expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('no space left')])
  free()
  await expect.poll(async () => (await fetch(`${collector.url}/readyz`)).status).toBe(200)
  expect((await send()).status).toBe(200)
  await collector.close()
})
