import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { testDatabase } from '@weir/engines/testing'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { createTestStore, type TestStore } from '../testing/database.ts'
import { manySpans } from '../testing/many-spans.ts'
import { startProxy } from '../testing/proxy.ts'
import { countSpans } from '../testing/span-counts.ts'
import { openStorage, untilStored } from '../testing/storage.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'

const ENGINE = new URL('../../../engines/src/testing/clickhouse-child.ts', import.meta.url)

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
  for (let number = 0; number < 150; number++) {
    await storage.commits.add(manySpans(number, 1000), 'cut').durable
  }
  // The first segment went to nobody; the others of the 150 blocks are in one segment.
  expect(storage.snapshot()).toMatchObject({ ledger: { pending: 150_000 }, wal: { segments: 2 } })
  await proxy.open()
  proxy.cutNextAnswer()
  proxy.cutNextAnswer()
  const before = failures.length
  await untilStored(storage)
  expect(failures.slice(before).filter((failure) => failure === 'away').length).toBeGreaterThanOrEqual(2)
  expect(await countSpans(store, 'cut')).toEqual({ rows: 150_000, spans: 150_000, counted: 150_000 })
  expect(storage.snapshot().ledger).toMatchObject({ received: 150_000, stored: 150_000, pending: 0 })
})

test('segments that an engine had in hand when it was killed are stored once', {
  timeout: 120_000,
}, async () => {
  const directory = temporaryDirectory()
  let engine = await startEngine(directory)
  onTestFinished(() => engine.kill())
  const proxy = await startProxy(engine.url)
  onTestFinished(() => proxy.shut())
  const killed = await createTestStore(proxy.url, 'weir')
  const { storage } = await openStorage({ store: killed, walDirectory: temporaryDirectory() })
  let number = 0
  for (let kill = 0; kill < 8; kill++) {
    for (let request = 0; request < 20; request++) {
      await storage.commits.add(manySpans(number++, 1000), 'killed').durable
    }
    // Later each time, so that it is hit before, in and after an insert.
    await new Promise((resolve) => setTimeout(resolve, 60 * kill))
    await engine.kill()
    engine = await startEngine(directory)
    proxy.forwardTo(engine.url)
  }
  await untilStored(storage)
  const sent = number * 1000
  expect(await countSpans(killed, 'killed')).toEqual({ rows: sent, spans: sent, counted: sent })
  await killed.close()
})

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
  expect(await countSpans(store, 'left')).toEqual({ rows: 60, spans: 60, counted: 60 })
  await next.storage.close(5_000)
  const last = await openStorage(options)
  expect(last.storage.snapshot()).toMatchObject({
    ledger: { received: 60, stored: 60, pending: 0 },
    wal: { bytes: 0, segments: 0 },
  })
})

interface Engine {
  readonly url: string
  kill(): Promise<void>
}

async function startEngine(directory: string): Promise<Engine> {
  const child: ChildProcess = fork(ENGINE, [directory], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  return {
    url,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}
