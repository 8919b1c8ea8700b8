import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { manySpans } from '@weir/dialects/testing'
import { testDatabase } from '@weir/engines/testing'
import { execute, rows } from '@weir/store'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import type { Storage } from '../storage.ts'
import { createTestStore, type TestStore } from '../testing/database.ts'
import { KillableEngine } from '../testing/killable-engine.ts'
import { startProxy } from '../testing/proxy.ts'
import { countSpans } from '../testing/span-counts.ts'
import { openStorage, untilStored } from '../testing/storage.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'

const BLOCKS = 50

let store: TestStore

beforeAll(async () => {
  store = await createTestStore(inject('clickhouseUrl'), testDatabase())
})
afterAll(() => store?.drop())

test('a large segment of many blocks whose answer is lost is stored once, also by the views', async () => {
  const proxy = await startProxy(store.url)
  onTestFinished(() => proxy.shut())
  await proxy.shut()
  const { storage, failures } = await openStorage({
    store: { ...store, url: proxy.url },
    walDirectory: temporaryDirectory(),
  })
  for (let number = 0; number < BLOCKS; number++) {
    await storage.commits.add(manySpans(number, 1000), 'cut').durable
  }
  // The first segment went to nobody; the others of the blocks are in one segment.
  const spans = BLOCKS * 1000
  expect(storage.snapshot()).toMatchObject({ ledger: { pending: spans }, wal: { segments: 2 } })
  await proxy.open()
  proxy.cutNextAnswer()
  proxy.cutNextAnswer()
  const before = failures.length
  await untilStored(storage)
  expect(failures.slice(before).filter((failure) => failure === 'away').length).toBeGreaterThanOrEqual(2)
  expect(await countSpans(store, 'cut')).toMatchObject({ rows: spans, spans, counted: spans })
  expect(storage.snapshot().ledger).toMatchObject({ received: spans, stored: spans, pending: 0 })
})

test('segments that an engine had in hand when it was killed are stored, and count once', async () => {
  const engine = await KillableEngine.start()
  const storage = await openOn(engine)
  let number = 0
  for (let kill = 0; kill < 5; kill++) {
    for (let request = 0; request < 20; request++) {
      await storage.commits.add(manySpans(number++, 1000), 'killed').durable
    }
    // Later each time, so that it is hit before, in and after an insert.
    await new Promise((resolve) => setTimeout(resolve, 100 * kill))
    await engine.restart()
  }
  await untilStored(storage)
  await expectAll(engine, 'killed', number * 1000)
})

test.for(['spans', 'unsettled_traces'])(
  'what a killed engine has lost of %s, though it knows the token, is stored',
  async (table) => {
    const engine = await KillableEngine.start()
    const storage = await openOn(engine)
    for (let cut = 0; cut < 8; cut++) engine.proxy.cutNextAnswer()
    await storage.commits.add(manySpans(0, 1000), 'lost').durable
    const counted = () => engine.ask((store) => countSpans(store, 'lost'))
    await expect.poll(counted).toMatchObject({ rows: 1000, counted: 1000 })
    await engine.restart(() => engine.removeParts(table))
    await untilStored(storage)
    await expectAll(engine, 'lost', 1000)
  },
)

async function openOn({ proxy, database }: KillableEngine): Promise<Storage> {
  const store = { url: proxy.url, database }
  return (await openStorage({ store, walDirectory: temporaryDirectory() })).storage
}

/** All spans are there, once for whoever reads them as they are to be read, and settling knows all of their traces. */
async function expectAll(engine: KillableEngine, project: string, spans: number): Promise<void> {
  const counts = await engine.ask((store) => countSpans(store, project))
  expect(counts).toMatchObject({ spans, traces: { counted: counts.traces.stored } })
  expect(counts.counted).toBeGreaterThanOrEqual(spans)
  const query = 'SELECT toUInt32(count()) AS spans FROM spans FINAL WHERE project = {project: String}'
  expect(await engine.ask((store) => rows(store, query, { project }))).toEqual([{ spans }])
}

test('a refused segment that engine and collector were killed over is stored once, without the rows at fault', async () => {
  const engine = await KillableEngine.start()
  await engine.ask((store) =>
    execute(
      store,
      "ALTER TABLE spans ADD CONSTRAINT refused CHECK span_name != 'work 7' OR bitAnd(reinterpretAsUInt8(reverse(span_id)), 3) != 0",
    ),
  )
  const walDirectory = temporaryDirectory()
  const options = { store: { url: engine.proxy.url, database: engine.database }, walDirectory }
  let { storage } = await openStorage(options)
  for (let number = 0; number < 4; number++)
    await storage.commits.add(manySpans(number, 100), 'split').durable
  for (const lines of [3, 6, 9]) {
    await expect.poll(() => journalLines(walDirectory), { interval: 10 }).toBeGreaterThanOrEqual(lines)
    await engine.restart()
    expect(balance(storage)).toBe(400)
    await storage.close(0)
    storage = (await openStorage(options)).storage
    expect(balance(storage)).toBe(400)
  }
  await untilStored(storage)
  const { stored, rejected } = storage.snapshot().ledger
  // Names of ten turn by turn, so that every second of the spans at fault has an id that 4 divides.
  expect({ stored, poison: rejected.poison }).toEqual({ stored: 380, poison: 20 })
  await expectAll(engine, 'split', 380)
  expect(storage.snapshot().wal.quarantinedSpans).toBe(20)
})

/** How many parts of refused segments are known to be stored, or refused. */
function journalLines(directory: string): number {
  const journals = readdirSync(directory).filter((name) => name.endsWith('.parts'))
  return journals.reduce(
    (sum, name) => sum + readFileSync(join(directory, name), 'utf8').split('\n').length - 1,
    0,
  )
}

function balance(storage: Storage): number {
  const { received, stored, pending, rejected } = storage.snapshot().ledger
  expect(received).toBe(stored + pending + Object.values(rejected).reduce((sum, spans) => sum + spans, 0))
  return received
}

test('what one process left, the next one delivers, and the ledger goes on', async () => {
  const proxy = await startProxy(store.url)
  onTestFinished(() => proxy.shut())
  await proxy.shut()
  const options = { store: { ...store, url: proxy.url }, walDirectory: temporaryDirectory() }
  const first = await openStorage(options)
  for (let number = 0; number < 5; number++)
    await first.storage.commits.add(manySpans(number, 10), 'left').durable
  await first.storage.close(0)
  await proxy.open()
  const next = await openStorage(options)
  expect(next.storage.snapshot().ledger).toMatchObject({ received: 50 })
  await next.storage.commits.add(manySpans(5, 10), 'left').durable
  await untilStored(next.storage)
  expect(await countSpans(store, 'left')).toMatchObject({ rows: 60, spans: 60, counted: 60 })
  await next.storage.close(5_000)
  const last = await openStorage(options)
  expect(last.storage.snapshot()).toMatchObject({
    ledger: { received: 60, stored: 60, pending: 0 },
    wal: { bytes: 0, segments: 0 },
  })
})
