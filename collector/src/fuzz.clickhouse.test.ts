import { testDatabase } from '@weir/engines/testing'
import { firstRow } from '@weir/store'
import { expect, inject, onTestFinished, test } from 'vitest'
import { ClickHouseWriter } from './insert/clickhouse-writer.ts'
import { createTestStore } from './testing/database.ts'
import { fuzz } from './testing/fuzz.ts'
import { insertBlock } from './testing/insert-block.ts'

const requests = Number(process.env.WEIR_FUZZ_REQUESTS || 15_000)
/** Mebibytes that the allocator may keep from one large request. */
const MEMORY_NOISE = 128

// `npm run fuzz` sends a million.
test('mutated requests are taken whole or refused whole, and ClickHouse takes what was taken', {
  timeout: 120_000 + requests,
}, async () => {
  const store = await createTestStore(inject('clickhouseUrl'), testDatabase())
  onTestFinished(() => store.drop())
  const writer = new ClickHouseWriter({ url: store.url, database: store.database, timeout: 60_000 })
  onTestFinished(() => writer.close())
  let inserts = 0
  const report = await fuzz({
    requests,
    seed: Number(process.env.WEIR_FUZZ_SEED || 1),
    insert: (block) => insertBlock(writer, block, `fuzz-${++inserts}`),
    log: (line) => console.log(line),
  })
  console.log(report)
  // Requests of one capture have the same ids, which are stored once.
  const stored = await firstRow<{ n: number }>(store, 'SELECT count() AS n FROM spans')
  expect(stored?.n).toBeGreaterThan(0)
  expect(report.accepted).toBeGreaterThan(requests / 10)
  const half = report.memory.length / 2
  const peak = (samples: readonly number[]) => Math.max(...samples)
  expect(peak(report.memory.slice(half))).toBeLessThan(peak(report.memory.slice(0, half)) + MEMORY_NOISE)
})
