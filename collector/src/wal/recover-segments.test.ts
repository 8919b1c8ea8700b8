import { appendFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { bytesOf, openLog } from '../testing/wal.ts'
import { RECORD_BYTES } from './block-index.ts'
import { type CheckedBlocks, checkBlocks } from './check-blocks.ts'
import { LogFormatError } from './log-format-error.ts'
import { blocksPath, indexPath, type Segment } from './segment.ts'

const LENGTHS = [120, 75, 90]
const OFFSETS = [0, 120, 195]
const SIZE = 285

/** A segment of three blocks with 1, 2 and 3 rows, as a process leaves it that is killed. */
async function leave(): Promise<{ directory: string; segment: Segment }> {
  const directory = temporaryDirectory()
  const { log, received } = await openLog(directory)
  for (const [at, length] of LENGTHS.entries()) await log.append(bytesOf(at, length), at + 1)
  await log.close()
  return { directory, segment: received.segments[0]! }
}

/** What the next process finds. */
async function find(
  directory: string,
): Promise<{ segment: Segment; checked: CheckedBlocks; pending: number }> {
  const { log, received } = await openLog(directory)
  const [segment] = received.segments
  const checked = await checkBlocks(segment!)
  await log.close()
  return { segment: segment!, checked, pending: log.ledger.snapshot().pending }
}

const rowsOf = ({ good }: CheckedBlocks) => good.map(({ rows }) => rows)

test('a segment that was left is found with all of its blocks', async () => {
  const { directory, segment } = await leave()
  const found = await find(directory)
  expect(found.segment).toEqual({ ...segment, recovered: true })
  expect(found.segment).toMatchObject({ bytes: SIZE, rows: 6, columns: ['id', 'name'] })
  expect(found.pending).toBe(6)
  expect(found.checked.good.map(({ offset }) => offset)).toEqual(OFFSETS)
  expect(found.checked).toMatchObject({ damaged: [], tornBytes: 0 })
})

test('a block that was cut at any byte, before its record was written, is not there', async () => {
  const { directory, segment } = await leave()
  truncateSync(indexPath(segment), readFileSync(indexPath(segment)).length - RECORD_BYTES)
  for (let size = SIZE; size >= OFFSETS[2]!; size--) {
    truncateSync(blocksPath(segment), size)
    const { checked, pending } = await find(directory)
    expect([size, pending, rowsOf(checked)]).toEqual([size, 3, [1, 2]])
    expect(checked).toMatchObject({ damaged: [], tornBytes: size - OFFSETS[2]! })
  }
})

test('a record that was cut at any byte ends the segment before it', async () => {
  const { directory, segment } = await leave()
  const size = readFileSync(indexPath(segment)).length
  for (let cut = 1; cut <= RECORD_BYTES; cut++) {
    truncateSync(indexPath(segment), size - cut)
    const { checked, pending } = await find(directory)
    expect([cut, pending, rowsOf(checked)]).toEqual([cut, 3, [1, 2]])
    expect(checked).toMatchObject({ damaged: [], tornBytes: LENGTHS[2] })
  }
})

test('a block that a power cut left at any byte, though its record is there, is not there', async () => {
  const { directory, segment } = await leave()
  for (let size = SIZE - 1; size > OFFSETS[2]!; size--) {
    truncateSync(blocksPath(segment), size)
    const { checked, pending } = await find(directory)
    expect([size, pending, rowsOf(checked)]).toEqual([size, 3, [1, 2]])
    expect(checked.damaged).toEqual([])
  }
})

test('any damaged byte of any block costs that block alone', async () => {
  const { directory, segment } = await leave()
  const bytes = readFileSync(blocksPath(segment))
  for (let at = 0; at < SIZE; at++) {
    const damaged = Buffer.from(bytes)
    damaged[at]! ^= 0x10
    writeFileSync(blocksPath(segment), damaged)
    const block = OFFSETS.findLastIndex((offset) => offset <= at)
    const { checked, pending } = await find(directory)
    expect([at, pending, rowsOf(checked)]).toEqual([at, 6, [1, 2, 3].filter((rows) => rows !== block + 1)])
    const range = { offset: OFFSETS[block], length: LENGTHS[block], rows: block + 1 }
    expect(checked).toMatchObject({ damaged: [range], tornBytes: 0 })
  }
})

test('any damaged byte of any record costs the block that it is about, and nothing is thrown away', async () => {
  const { directory, segment } = await leave()
  const index = readFileSync(indexPath(segment))
  const head = index.length - 3 * RECORD_BYTES
  for (let at = head; at < index.length; at++) {
    const damaged = Buffer.from(index)
    damaged[at]! ^= 0x10
    writeFileSync(indexPath(segment), damaged)
    const block = Math.floor((at - head) / RECORD_BYTES)
    const { checked, pending } = await find(directory)
    const others = [1, 2, 3].filter((rows) => rows !== block + 1)
    expect([at, pending, rowsOf(checked)]).toEqual([at, others[0]! + others[1]!, others])
    const range = { offset: OFFSETS[block], length: LENGTHS[block], rows: 0 }
    expect(checked).toMatchObject({ damaged: [range], tornBytes: 0 })
  }
})

test('blocks that the disk has lost are counted', async () => {
  const { directory, segment } = await leave()
  truncateSync(blocksPath(segment), 100)
  const { checked, pending } = await find(directory)
  expect(pending).toBe(6)
  expect(checked).toEqual({
    good: [],
    damaged: [
      { offset: 0, length: 100, rows: 1 },
      { offset: 120, length: 0, rows: 2 },
      { offset: 195, length: 0, rows: 3 },
    ],
    tornBytes: 0,
  })
})

test('a segment whose file is gone is all damaged', async () => {
  const { directory, segment } = await leave()
  rmSync(blocksPath(segment))
  const { checked, pending } = await find(directory)
  expect(pending).toBe(6)
  expect(checked.good).toEqual([])
  expect(checked.damaged.map(({ rows }) => rows)).toEqual([1, 2, 3])
})

test.for(['head', 'missing'])('without its index (%s) a segment is set aside whole', async (kind) => {
  const { directory, segment } = await leave()
  if (kind === 'missing') rmSync(indexPath(segment))
  else writeFileSync(indexPath(segment), Buffer.from('not an index, but longer than the head of one'))
  const { log, received } = await openLog(directory)
  expect(received.segments).toEqual([])
  expect(log.snapshot()).toMatchObject({
    segments: 0,
    quarantinedBlocks: 1,
    quarantinedBytes: SIZE,
    bytes: SIZE,
  })
  await log.close()
  const again = await openLog(directory)
  expect(again.log.snapshot()).toMatchObject({ segments: 0, quarantinedBlocks: 1, quarantinedBytes: SIZE })
  await again.log.close()
})

test('a segment that was only begun is removed', async () => {
  const { directory, segment } = await leave()
  truncateSync(blocksPath(segment), 0)
  truncateSync(indexPath(segment), readFileSync(indexPath(segment)).length - 3 * RECORD_BYTES)
  appendFileSync(indexPath(segment), Buffer.alloc(5))
  const { log, received } = await openLog(directory)
  expect(received.segments).toEqual([])
  expect(log.snapshot()).toMatchObject({ bytes: 0, segments: 0, quarantinedBlocks: 0 })
  await log.close()
})

test('a segment of a newer format is refused, and stays as it is', async () => {
  const { directory, segment } = await leave()
  const index = readFileSync(indexPath(segment))
  const blocks = readFileSync(blocksPath(segment))
  index.write('2', 'WEIRLOG'.length)
  writeFileSync(indexPath(segment), index)
  await expect(openLog(directory)).rejects.toThrow(LogFormatError)
  await expect(openLog(directory)).rejects.toThrow(/format 2 .* this one reads format 1/)
  expect(readFileSync(indexPath(segment))).toEqual(index)
  expect(readFileSync(blocksPath(segment))).toEqual(blocks)
})
