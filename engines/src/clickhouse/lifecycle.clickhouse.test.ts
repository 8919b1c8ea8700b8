import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, inject, test } from 'vitest'
import type {} from '../testing.ts'
import { startClickHouse } from './server.ts'

const root = mkdtempSync(join(tmpdir(), 'weir-clickhouse-'))
const children = new Set<ChildProcess>()
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(root, { recursive: true, force: true })
})

async function start(directory: string): Promise<{ url: string; child: ChildProcess }> {
  const child = fork(new URL('../testing/clickhouse-child.ts', import.meta.url), [directory])
  children.add(child)
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  return { url, child }
}

async function run(url: string, body: string): Promise<string> {
  const response = await fetch(url, { method: 'POST', body })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text.trim()
}

test('a busy port', async () => {
  const port = Number(new URL(inject('clickhouseUrl')).port)
  const busy = startClickHouse({ port, path: join(root, 'busy') })
  await expect(busy).rejects.toMatchObject({ code: 'PORT_IN_USE', port })
  expect(existsSync(join(root, 'busy'))).toBe(false)
})

test('a data directory that another process has open', async () => {
  const directory = join(root, 'owned')
  const { child } = await start(directory)
  const second = startClickHouse({ port: 0, path: directory })
  await expect(second).rejects.toMatchObject({ code: 'DIRECTORY_IN_USE', directory })
  await expect(startClickHouse({ port: 0, path: directory })).rejects.toThrow(`process ${child.pid}`)
  child.kill('SIGKILL')
})

test('kill -9 during inserts loses nothing that was acknowledged, and the next start recovers', async () => {
  const directory = join(root, 'killed')
  const first = await start(directory)
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
  await expect.poll(() => acked.length, { timeout: 20_000 }).toBeGreaterThan(50)
  first.child.kill('SIGKILL')
  await writers

  const { url, child } = await start(directory)
  const stored = JSON.parse(
    await run(
      url,
      'SELECT groupArray(a) AS ids FROM (SELECT a FROM d.t GROUP BY a HAVING count() = 100) FORMAT JSON',
    ),
  )
  expect(stored.data[0].ids.map(Number)).toEqual(expect.arrayContaining(acked))
  expect(await run(url, 'SELECT count() FROM (SELECT a FROM d.t GROUP BY a HAVING count() != 100)')).toBe('0')
  expect(readdirSync(join(directory, 'spool'))).toEqual([])
  expect(
    await run(url, "SELECT value FROM system.merge_tree_settings WHERE name = 'fsync_after_insert'"),
  ).toBe('1')
  child.kill('SIGKILL')
})

test('close lets running queries end', async () => {
  const { url, child } = await start(join(root, 'drained'))
  const slow = run(url, 'SELECT sum(sleepEachRow(1)) FROM numbers(2)')
  await expect
    .poll(() => run(url, "SELECT count() FROM system.processes WHERE query LIKE 'SELECT sum(sleep%'"))
    .toBe('1')
  const exited = once(child, 'exit')
  child.disconnect()
  expect(await slow).toBe('0')
  expect(await exited).toEqual([0, null])
})
