import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readNative } from '@weir/dialects/testing'
import { testDatabase } from '@weir/engines/testing'
import { execute, rows, SPAN_COLUMNS } from '@weir/store'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { Log } from '../log.ts'
import { createTestStore, type TestStore } from '../testing/database.ts'
import { openDelivering, spanBlock } from '../testing/delivering.ts'
import { startProxy } from '../testing/proxy.ts'
import { countSpans } from '../testing/span-counts.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { openLog } from '../testing/wal.ts'
import { Quarantine } from '../wal/quarantine.ts'
import { blocksPath } from '../wal/segment.ts'
import type { WriteAheadLog } from '../wal/write-ahead-log.ts'

let store: TestStore

beforeAll(async () => {
  store = await createTestStore(inject('clickhouseUrl'), testDatabase())
})
afterAll(() => store?.drop())

/** Appends blocks of which ClickHouse takes those that are no number. */
async function append(log: WriteAheadLog, project: string, ...blocks: readonly (number | Buffer)[]) {
  for (const block of blocks) {
    const bytes = typeof block === 'number' ? spanBlock(project, block, 3) : block
    log.ledger.receive(3, 0)
    await log.append(bytes, 3)
  }
}

const untilIdle = (log: WriteAheadLog) => expect.poll(() => log.ledger.snapshot().pending).toBe(0)
const quarantined = (directory: string) =>
  readdirSync(join(directory, 'quarantine')).filter((name) => name.endsWith('.native'))
const times = (project: string, spans: number) => [
  project,
  expect.objectContaining({ rows: spans, spans, counted: spans }),
]

test('a block that ClickHouse refuses is set aside, and the others of its segment are stored', async () => {
  const directory = temporaryDirectory()
  const { log, failures } = await openDelivering({ ...store, directory })
  const poison = Buffer.from('this is not a block in any format')
  await append(log, 'poison', 0, 1, poison, 2, 3, 4)
  await log.closeSegment()
  await append(log, 'behind', 5)
  await log.closeSegment()
  await untilIdle(log)
  expect(['poison', await countSpans(store, 'poison')]).toEqual(times('poison', 15))
  expect(['behind', await countSpans(store, 'behind')]).toEqual(times('behind', 3))
  expect(failures).toContain('poison')
  const [name] = quarantined(directory)
  expect(readFileSync(join(directory, 'quarantine', name!))).toEqual(poison)
  const note = JSON.parse(
    readFileSync(join(directory, 'quarantine', name!.replace('.native', '.json')), 'utf8'),
  )
  expect(note).toMatchObject({ rows: 3, reason: expect.stringContaining('ClickHouse answered') })
  expect(log.ledger.snapshot()).toMatchObject({ received: 21, stored: 18, rejected: { poison: 3 } })
  await expect
    .poll(() => log.snapshot())
    .toMatchObject({ segments: 0, quarantinedBlocks: 1, quarantinedSpans: 3, bytes: poison.length })
})

/** A database of its own that refuses spans of some names: with the row's number in the error, or without it. */
async function refusing(by: 'constraint' | 'view', condition: string): Promise<TestStore> {
  const own = await createTestStore(store.url, testDatabase())
  onTestFinished(() => own.drop())
  if (by === 'constraint') {
    await execute(own, `ALTER TABLE spans ADD CONSTRAINT refused CHECK NOT (${condition})`)
    return own
  }
  await execute(own, 'CREATE TABLE numbers (number UInt32) ENGINE = MergeTree ORDER BY number')
  await execute(
    own,
    `CREATE MATERIALIZED VIEW refused TO numbers AS
     SELECT toUInt32(if(${condition}, concat('no number: ', span_name), '7')) AS number FROM spans`,
  )
  return own
}

test.for(['constraint', 'view'] as const)(
  'of spans that ClickHouse refuses (%s) those alone are set aside, in one file',
  async (by) => {
    const directory = temporaryDirectory()
    const own = await refusing(by, "span_name = 'work 7' AND span_id < unhex('0000000000000014')")
    const { log } = await openDelivering({ ...own, directory })
    log.ledger.receive(300, 0)
    for (const number of [0, 1, 2]) await log.append(spanBlock('rows', number, 100), 100)
    await log.closeSegment()
    await append(log, 'others', 500)
    await log.closeSegment()
    await untilIdle(log)
    expect(log.ledger.snapshot()).toMatchObject({ received: 303, stored: 301, rejected: { poison: 2 } })
    const [name, ...others] = quarantined(directory)
    expect(others).toEqual([])
    const set = readNative(readFileSync(join(directory, 'quarantine', name!)))
    expect(set.map(({ span_id }) => Number(`0x${span_id}`))).toEqual([8, 18])
    expect(log.snapshot()).toMatchObject({ quarantinedBlocks: 1, quarantinedSpans: 2 })
    const good = `SELECT toUInt32(uniqExact(span_id)) AS spans FROM spans WHERE project = 'rows' AND NOT (span_name = 'work 7' AND span_id < unhex('0000000000000014'))`
    expect(await rows(own, good)).toEqual([{ spans: 298 }])
    // A view of somebody else's fails after the rows are in the table.
    if (by === 'constraint')
      expect(await countSpans(own, 'rows')).toMatchObject({ rows: 298, spans: 298, counted: 298 })
    const read = await Quarantine.open(directory, new Log('silent'))
    expect(read).toMatchObject({ files: 1, rows: 2 })
  },
)

test('of a segment that was left, a damaged block is set aside and the others are stored', async () => {
  const directory = temporaryDirectory()
  const columns = SPAN_COLUMNS.map(({ name }) => name)
  const { log, received } = await openLog(directory, { columns })
  await append(log, 'damaged', 0, 1, 2, 3)
  await log.close()
  const path = blocksPath(received.segments[0]!)
  const bytes = readFileSync(path)
  const length = bytes.length / 4
  bytes[Math.round(length * 1.5)]! ^= 0xff
  writeFileSync(path, bytes)
  const next = await openDelivering({ ...store, directory })
  await untilIdle(next.log)
  expect(['damaged', await countSpans(store, 'damaged')]).toEqual(times('damaged', 9))
  expect(next.log.ledger.snapshot()).toMatchObject({ received: 12, stored: 9, rejected: { corrupt: 3 } })
  const [name] = quarantined(directory)
  expect(statSync(join(directory, 'quarantine', name!)).size).toBeGreaterThan(2000)
})

test('while ClickHouse is away the log takes spans, and afterwards all of them are stored', async () => {
  const proxy = await startProxy(store.url)
  onTestFinished(() => proxy.shut())
  const { log, failures } = await openDelivering({
    ...store,
    url: proxy.url,
    directory: temporaryDirectory(),
  })
  await proxy.shut()
  for (let at = 0; at < 30; at++) {
    await append(log, 'away', at)
    await log.closeSegment()
  }
  await expect.poll(() => failures.length).toBeGreaterThan(2)
  expect(new Set(failures)).toEqual(new Set(['away']))
  expect(log.ledger.snapshot()).toMatchObject({ received: 90, stored: 0, pending: 90 })
  await proxy.open()
  await untilIdle(log)
  expect(['away', await countSpans(store, 'away')]).toEqual(times('away', 90))
})

test('without its tables ClickHouse is tried again, until they are there', async () => {
  const database = testDatabase()
  const late = { ...store, database }
  const { log, failures } = await openDelivering({ ...late, directory: temporaryDirectory() })
  await append(log, 'late', 0, 1)
  await log.closeSegment()
  await expect.poll(() => failures.length).toBeGreaterThan(3)
  expect(new Set(failures)).toEqual(new Set(['busy']))
  const created = await createTestStore(store.url, database)
  onTestFinished(() => created.drop())
  await untilIdle(log)
  expect(['late', await countSpans(created, 'late')]).toEqual(times('late', 6))
})

test('a segment with a column that the table has no more is set aside once others are stored', async () => {
  const directory = temporaryDirectory()
  const database = testDatabase()
  const changed = await createTestStore(store.url, database)
  onTestFinished(() => changed.drop())
  const names = SPAN_COLUMNS.map(({ name }) => name)
  const before = await openLog(directory, { columns: names })
  await append(before.log, 'before', 0, 1)
  await before.log.close()
  await execute(changed, 'ALTER TABLE spans DROP COLUMN trace_state')
  const columns = names.filter((name) => name !== 'trace_state')
  const { log, failures } = await openDelivering({ ...changed, directory, columns })
  await expect.poll(() => failures.length).toBeGreaterThan(2)
  expect(quarantined(directory)).toEqual([])
  await append(log, 'after', 2)
  await log.closeSegment()
  await untilIdle(log)
  expect(['after', await countSpans(changed, 'after')]).toEqual(times('after', 3))
  expect(quarantined(directory)).toHaveLength(1)
  expect(log.ledger.snapshot()).toMatchObject({ received: 9, stored: 3, rejected: { poison: 6 } })
})

test('a segment without a column that the table has by now is stored', async () => {
  const database = testDatabase()
  const newer = await createTestStore(store.url, database)
  onTestFinished(() => newer.drop())
  await execute(newer, "ALTER TABLE spans ADD COLUMN later String DEFAULT 'unknown'")
  const { log } = await openDelivering({ ...newer, directory: temporaryDirectory() })
  await append(log, 'newer', 0)
  await log.closeSegment()
  await untilIdle(log)
  expect(['newer', await countSpans(newer, 'newer')]).toEqual(times('newer', 3))
})
