import { once } from 'node:events'
import { expect, test } from 'vitest'
import { type ClickHouseProcess, run, useProcesses } from '../testing/clickhouse-process.ts'

const ROUNDS = 4
const TABLES = [0, 1, 2]
const BATCH = 500

const { start } = useProcesses()

/** Inserts small batches, each with a number of its own, until the server is gone. */
function insertUntilClosed(url: string, table: number, from: number, acked: Set<number>): Promise<void> {
  const insert = async (): Promise<void> => {
    for (let batch = from; ; batch++) {
      const rows = `SELECT ${batch}, number, repeat(toString(cityHash64(number, ${batch})), 20)`
      await run(url, `INSERT INTO d.t${table} ${rows} FROM numbers(${BATCH})`)
      acked.add(batch)
    }
  }
  return insert().catch(() => {})
}

/** Ends a server while it inserts and merges; the next one opens the directory before this one is gone. */
async function handOver(from: ClickHouseProcess): Promise<ClickHouseProcess> {
  const merged = "SELECT count() > 0 FROM system.merges WHERE database = 'd'"
  await expect.poll(() => run(from.url, merged), { interval: 1 }).toBe('1')
  const exited = once(from.child, 'exit')
  from.child.disconnect()
  const next = await start('handed-over')
  expect(await exited).toEqual([0, null])
  return next
}

test('a process that opens the directory while another closes it under load finds every row', async () => {
  let server = await start('handed-over')
  await run(server.url, 'CREATE DATABASE d')
  for (const table of TABLES) {
    const columns = 'batch UInt64, n UInt64, text String, INDEX b batch TYPE bloom_filter'
    await run(server.url, `CREATE TABLE d.t${table} (${columns}) ENGINE = MergeTree ORDER BY (n, batch)`)
  }
  const acked = TABLES.map(() => new Set<number>())
  for (let round = 0; round < ROUNDS; round++) {
    const writers = TABLES.map((table) =>
      insertUntilClosed(server.url, table, round * 1e6, acked[table] as Set<number>),
    )
    server = await handOver(server)
    await Promise.all(writers)
    for (const table of TABLES) {
      const whole = `SELECT batch FROM d.t${table} GROUP BY batch HAVING count() = ${BATCH}`
      const stored = (await run(server.url, whole)).split('\n').map(Number)
      expect(stored).toEqual(expect.arrayContaining([...(acked[table] as Set<number>)]))
      expect(await run(server.url, `SELECT count() FROM d.t${table}`)).toBe(String(stored.length * BATCH))
    }
  }
  expect(acked.every((batches) => batches.size > ROUNDS)).toBe(true)
})
