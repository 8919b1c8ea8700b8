import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { DirectoryInUseError } from '@weir/config'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { bytesOf, openLog } from '../testing/wal.ts'
import { NOTHING } from './ledger.ts'
import { LedgerFile } from './ledger-file.ts'
import { blocksPath, type Segment } from './segment.ts'

const stored = ({ rows }: Segment) => ({ stored: rows, poison: 0, corrupt: 0 })
const segmentFiles = (directory: string) =>
  readdirSync(directory).filter((name) => /\.(native|index)$/.test(name))

test('a closed segment is the appended blocks, one after the other', async () => {
  const { log, received } = await openLog(temporaryDirectory())
  const blocks = [bytesOf(1, 50), bytesOf(2, 4000), bytesOf(3, 1)]
  for (const block of blocks) await log.append(block, 2)
  expect(received.segments).toEqual([])
  await log.closeSegment()
  const [segment] = received.segments
  expect(segment).toMatchObject({ bytes: 4051, rows: 6, recovered: false })
  expect(readFileSync(blocksPath(segment!))).toEqual(Buffer.concat(blocks))
  await log.close()
})

test('segments are closed by bytes and by rows, and have names that sort', async () => {
  const { log, received } = await openLog(temporaryDirectory(), { segmentBytes: 100, segmentRows: 10 })
  for (let at = 0; at < 4; at++) await log.append(bytesOf(at, 50), 1)
  for (let at = 0; at < 4; at++) await log.append(bytesOf(at, 5), 5)
  expect(received.segments.map(({ bytes, rows }) => [bytes, rows])).toEqual([
    [100, 2],
    [100, 2],
    [10, 10],
    [10, 10],
  ])
  const names = received.segments.map(({ name }) => name)
  expect(names).toEqual([...new Set(names)].sort())
  await log.close()
})

test('a segment is closed soon when the recipient is idle, and grows while it is not', async () => {
  const { log, received } = await openLog(temporaryDirectory(), { interval: 60 })
  received.isIdle = true
  await log.append(bytesOf(1, 10), 1)
  await expect.poll(() => received.segments.length).toBe(1)
  received.isIdle = false
  await log.append(bytesOf(2, 10), 1)
  await sleep(150)
  await log.append(bytesOf(3, 10), 1)
  expect(received.segments.length).toBe(1)
  received.isIdle = true
  log.closeIfDue()
  await expect.poll(() => received.segments.map(({ rows }) => rows)).toEqual([1, 2])
  await log.close()
})

test('a segment that is finished is deleted, and counted once by the next process', async () => {
  const directory = temporaryDirectory()
  const { log, received } = await openLog(directory, { segmentRows: 1 })
  log.ledger.receive(7, 3)
  await log.append(bytesOf(1, 10), 5)
  await log.append(bytesOf(2, 10), 2)
  const [first] = received.segments
  await log.finish(first!, { stored: 4, poison: 1, corrupt: 0 })
  expect(segmentFiles(directory)).toHaveLength(2)
  const accounts = log.ledger.snapshot()
  expect(accounts).toEqual({
    received: 10,
    stored: 4,
    pending: 2,
    rejected: { invalid_id: 3, unavailable: 0, poison: 1, corrupt: 0 },
  })
  await log.close()
  const next = await openLog(directory)
  expect(next.received.segments.map(({ rows, recovered }) => ({ rows, recovered }))).toEqual([
    { rows: 2, recovered: true },
  ])
  expect(next.log.ledger.snapshot()).toEqual(accounts)
  await next.log.finish(next.received.segments[0]!, { stored: 2, poison: 0, corrupt: 0 })
  await next.log.close()
  const last = await openLog(directory)
  expect(last.log.ledger.snapshot()).toMatchObject({ received: 10, stored: 6, pending: 0 })
  expect(last.log.snapshot()).toMatchObject({ bytes: 0, segments: 0, lagSeconds: 0 })
  await last.log.close()
})

test('a segment that was counted, but not deleted before the process died, is not counted again', async () => {
  const directory = temporaryDirectory()
  const { log, received } = await openLog(directory, { segmentRows: 1 })
  await log.append(bytesOf(1, 10), 5)
  await log.append(bytesOf(2, 10), 2)
  await log.close()
  const [counted, other] = received.segments
  const { file } = await LedgerFile.open(directory)
  await file.save({ totals: { ...NOTHING, stored: 5 }, counted: [counted!.name] })
  await file.close()
  const next = await openLog(directory)
  expect(next.received.segments.map(({ name }) => name)).toEqual([other!.name])
  expect(next.log.ledger.snapshot()).toMatchObject({ received: 7, stored: 5, pending: 2 })
  expect(segmentFiles(directory)).toHaveLength(2)
  await next.log.close()
})

test('beyond the budget nothing is taken, until a segment is finished', async () => {
  const { log, received } = await openLog(temporaryDirectory(), { maxBytes: 100, segmentRows: 1 })
  await log.append(bytesOf(1, 60), 1)
  expect(log.refusal(39)).toBeUndefined()
  expect(log.refusal(40)).toMatchObject({ reason: 'backpressure' })
  await log.append(bytesOf(2, 40), 1)
  await expect(log.ready()).rejects.toThrow('100 bytes')
  await log.finish(received.segments[0]!, stored(received.segments[0]!))
  expect(log.refusal()).toBeUndefined()
  await log.ready()
  expect(log.snapshot()).toMatchObject({ bytes: 40, segments: 1 })
  await log.close()
})

test('two logs never share a directory', async () => {
  const directory = temporaryDirectory()
  const { log } = await openLog(directory)
  await expect(openLog(directory)).rejects.toThrow(DirectoryInUseError)
  await expect(openLog(directory)).rejects.toThrow(`process ${process.pid}`)
  const waiting = openLog(directory, { timeoutMs: 10_000 })
  await log.close()
  await (await waiting).log.close()
})
