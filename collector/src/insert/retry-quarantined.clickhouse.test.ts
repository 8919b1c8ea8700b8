import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { testDatabase } from '@weir/engines/testing'
import { execute, SPAN_COLUMNS } from '@weir/store'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { Log } from '../log.ts'
import { createTestStore, type TestStore } from '../testing/database.ts'
import { openDelivering, spanBlock } from '../testing/delivering.ts'
import { countSpans } from '../testing/span-counts.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { Quarantine } from '../wal/quarantine.ts'
import { dropQuarantined, listQuarantined, retryQuarantined } from './retry-quarantined.ts'

const COLUMNS = SPAN_COLUMNS.map(({ name }) => name)

let store: TestStore
let walDirectory: string

beforeAll(async () => {
  store = await createTestStore(inject('clickhouseUrl'), testDatabase())
})
afterAll(() => store?.drop())
beforeEach(async () => {
  walDirectory = temporaryDirectory()
  await execute(store, 'ALTER TABLE spans DROP CONSTRAINT IF EXISTS refused')
})

const refuse = (condition: string) =>
  execute(store, `ALTER TABLE spans ADD CONSTRAINT refused CHECK NOT (${condition})`)
const retry = (id: string) => retryQuarantined({ walDirectory, store }, id)
const filesIn = () => readdirSync(join(walDirectory, 'quarantine'))

/** Lets the collector set the spans aside that ClickHouse refuses of a hundred. */
async function setAside(project: string) {
  const { log } = await openDelivering({ ...store, directory: walDirectory })
  log.ledger.receive(100, 0)
  await log.append(spanBlock(project, 0, 100), 100)
  await log.closeSegment()
  await expect.poll(() => log.ledger.snapshot().pending).toBe(0)
  return log
}

test('what was refused is refused again, and stored once when its cause is gone', async () => {
  await refuse("span_name = 'work 7' AND span_id < unhex('0000000000000020')")
  const log = await setAside('retried')
  expect(log.snapshot()).toMatchObject({ quarantinedBlocks: 1, quarantinedSpans: 3 })
  const [file] = listQuarantined(walDirectory)
  expect(file).toMatchObject({ spans: 3, reason: expect.stringContaining('VIOLATED_CONSTRAINT') })
  const { id } = file!
  expect(await retry(id)).toMatchObject({ stored: 0, refused: 3, reason: expect.stringContaining('469') })
  expect(listQuarantined(walDirectory)).toEqual([file])

  await execute(store, 'ALTER TABLE spans DROP CONSTRAINT refused')
  await refuse("span_name = 'work 7' AND span_id = unhex('0000000000000012')")
  expect(await retry(id)).toMatchObject({ stored: 2, refused: 1 })
  expect(listQuarantined(walDirectory)).toMatchObject([{ id, spans: 1, setAside: file!.setAside }])
  // The collector counts what is there, whoever removed the rest.
  expect(log.snapshot()).toMatchObject({ quarantinedBlocks: 1, quarantinedSpans: 1 })

  await execute(store, 'ALTER TABLE spans DROP CONSTRAINT refused')
  expect(await retry(id)).toEqual({ stored: 1, refused: 0, reason: undefined })
  expect(await countSpans(store, 'retried')).toMatchObject({ rows: 100, spans: 100, counted: 100 })
  expect(filesIn()).toEqual([])
  expect(log.snapshot()).toMatchObject({ quarantinedBlocks: 0, quarantinedSpans: 0, quarantinedBytes: 0 })
  expect(await retry(id)).toBeUndefined()
})

test('a block that an older version set aside whole is split when it is retried', async () => {
  await Quarantine.open(walDirectory, new Log('silent'))
  const path = join(walDirectory, 'quarantine', 'older-0')
  writeFileSync(`${path}.native`, spanBlock('older', 0, 50))
  writeFileSync(`${path}.json`, JSON.stringify({ reason: 'of old', rows: 50, columns: COLUMNS }))
  await refuse("span_name = 'work 3' AND span_id > unhex('0000000000000020')")
  expect(listQuarantined(walDirectory)).toMatchObject([{ id: 'older-0', spans: 50, reason: 'of old' }])
  expect(await retry('older-0')).toMatchObject({ stored: 48, refused: 2 })
  expect(await countSpans(store, 'older')).toMatchObject({ rows: 48, spans: 48 })
  await execute(store, 'ALTER TABLE spans DROP CONSTRAINT refused')
  expect(await retry('older-0')).toMatchObject({ stored: 2, refused: 0 })
  expect(await countSpans(store, 'older')).toMatchObject({ rows: 50, spans: 50 })
})

test('what is damaged or not known is never inserted, and can be dropped', async () => {
  const quarantine = await Quarantine.open(walDirectory, new Log('silent'))
  const path = join(walDirectory, 'quarantine')
  const block = spanBlock('damaged', 0, 5)
  for (const id of ['a', 'b', 'c', 'd']) writeFileSync(join(path, `${id}.native`), block)
  writeFileSync(
    join(path, 'a.json'),
    JSON.stringify({ reason: 'damaged on the disk', rows: 5, columns: COLUMNS }),
  )
  writeFileSync(join(path, 'b.json'), JSON.stringify({ reason: 'its index is damaged' }))
  writeFileSync(join(path, 'c.json'), '{"reason": "cut off')
  const files = listQuarantined(walDirectory)
  expect(files.map(({ id, spans }) => [id, spans])).toEqual([
    ['a', 5],
    ['b', undefined],
    ['c', undefined],
    ['d', undefined],
  ])
  for (const { id } of files)
    expect(await retry(id)).toMatchObject({
      stored: 0,
      reason: expect.stringContaining('cannot be inserted'),
    })
  expect(await countSpans(store, 'damaged')).toMatchObject({ rows: 0 })
  quarantine.refresh()
  expect(quarantine).toMatchObject({ files: 4, rows: 5, bytes: 4 * block.length })
  for (const { id } of files) await dropQuarantined(walDirectory, id)
  expect(filesIn()).toEqual([])
  quarantine.refresh()
  expect(quarantine).toMatchObject({ files: 0, rows: 0, bytes: 0 })
})

test('a file that does not have the bytes that were set aside is not inserted', async () => {
  await refuse("span_name = 'work 7' AND span_id < unhex('0000000000000020')")
  await setAside('changed')
  const { id } = listQuarantined(walDirectory)[0]!
  await execute(store, 'ALTER TABLE spans DROP CONSTRAINT refused')
  const path = join(walDirectory, 'quarantine', `${id}.native`)
  const bytes = readFileSync(path)
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(path, bytes)
  expect(await retry(id)).toMatchObject({
    stored: 0,
    refused: 3,
    reason: expect.stringContaining('damaged'),
  })
  expect(await countSpans(store, 'changed')).toMatchObject({ rows: 97 })
  rmSync(path)
  expect(await retry(id)).toBeUndefined()
})
