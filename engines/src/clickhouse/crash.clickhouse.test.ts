import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run, useProcesses } from '../testing/clickhouse-process.ts'

const { root, start } = useProcesses()

test('kill -9 during inserts loses nothing that was acknowledged, and the next start recovers', async () => {
  const first = await start('killed')
  await run(first.url, 'CREATE DATABASE d')
  await run(first.url, 'CREATE TABLE d.t (a UInt64, b UInt64) ENGINE = MergeTree ORDER BY a')
  const acked: number[] = []
  const writer = async (from: number) => {
    for (let id = from; ; id += 4) {
      const rows = Array.from({ length: 100 }, (_, b) => `{"a":${id},"b":${b}}`).join('\n')
      await run(first.url, `INSERT INTO d.t FORMAT JSONEachRow\n${rows}`)
      acked.push(id)
    }
  }
  const writers = Promise.allSettled([0, 1, 2, 3].map(writer))
  await expect.poll(() => acked.length).toBeGreaterThan(50)
  await first.kill()
  await writers

  const { url } = await start('killed')
  const complete = 'SELECT a FROM d.t GROUP BY a HAVING count() = 100'
  const stored = (await run(url, complete)).split('\n').map(Number)
  expect(stored).toEqual(expect.arrayContaining(acked))
  expect(await run(url, `SELECT count() FROM d.t WHERE a NOT IN (${complete})`)).toBe('0')
  expect(readdirSync(join(root, 'killed', 'spool'))).toEqual([])
  const setting = (name: string) =>
    run(url, `SELECT value FROM system.merge_tree_settings WHERE name = '${name}'`)
  expect(await setting('fsync_after_insert')).toBe('1')
  expect(await setting('columns_and_secondary_indices_sizes_lazy_calculation')).toBe('0')
})

test('an insert that kill -9 cut in two is stored once when it is sent again with its token', async () => {
  const rows = 1_000_000
  const first = await start('cut')
  const window = 'SETTINGS non_replicated_deduplication_window = 1000'
  await run(first.url, 'CREATE DATABASE d')
  await run(first.url, `CREATE TABLE d.t (a UInt64) ENGINE = MergeTree ORDER BY a ${window}`)
  await run(
    first.url,
    `CREATE TABLE d.counts (c UInt64) ENGINE = SummingMergeTree ORDER BY tuple() ${window}`,
  )
  await run(first.url, 'CREATE MATERIALIZED VIEW d.counting TO d.counts AS SELECT count() AS c FROM d.t')
  const response = await fetch(first.url, {
    method: 'POST',
    body: `SELECT number AS a FROM numbers(${rows}) FORMAT Native`,
  })
  const body = new Uint8Array(await response.arrayBuffer())
  const blocks = 'max_insert_block_size = 20000, min_insert_block_size_rows = 20000, max_block_size = 20000'
  const insert = (url: string) =>
    run(url, `INSERT INTO d.t SETTINGS insert_deduplication_token = 'segment', ${blocks} FORMAT Native`, body)
  const count = async (url: string) => Number(await run(url, 'SELECT count() FROM d.t'))

  const cut = insert(first.url).then(
    () => 'stored',
    () => 'cut',
  )
  await expect.poll(() => count(first.url), { interval: 5 }).toBeGreaterThan(0)
  await first.kill()
  expect(await cut).toBe('cut')

  const { url } = await start('cut')
  expect(await count(url)).toBeLessThan(rows)
  for (let time = 0; time < 2; time++) {
    await insert(url)
    expect(await count(url)).toBe(rows)
    expect(await run(url, 'SELECT sum(c) FROM d.counts')).toBe(String(rows))
  }
})
