import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, inject, test } from 'vitest'
import { run, useProcesses } from '../testing/clickhouse-process.ts'
import type {} from '../testing.ts'
import { freePort } from '../valkey/ports.ts'
import { startClickHouse } from './server.ts'

const { root, start } = useProcesses()

test('a request that comes while the engine starts is answered', async () => {
  const port = await freePort('127.0.0.1', 0)
  const starting = startClickHouse({ port, path: join(root, 'early'), password: undefined })
  const early = expect.poll(() => fetch(`http://127.0.0.1:${port}/ping`).then((r) => r.text(), String))
  const results = await Promise.allSettled([early.toBe('Ok.\n'), starting])
  const [, started] = results
  if (started.status === 'fulfilled') await started.value.close()
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
})

test('a busy port', async () => {
  const port = Number(new URL(inject('clickhouseUrl')).port)
  const busy = startClickHouse({ port, path: join(root, 'busy'), password: undefined })
  await expect(busy).rejects.toMatchObject({ code: 'PORT_IN_USE', port })
  expect(existsSync(join(root, 'busy'))).toBe(false)
})

test('a data directory that another process has open', async () => {
  const { child } = await start('owned')
  const second = startClickHouse({
    port: 0,
    path: join(root, 'owned'),
    password: undefined,
    ownerTimeout: 100,
  })
  await expect(second).rejects.toMatchObject({
    code: 'DIRECTORY_IN_USE',
    directory: join(root, 'owned'),
    message: expect.stringContaining(`process ${child.pid}`),
  })
})

test('a data directory that cannot be made', async () => {
  const impossible = startClickHouse({ port: 0, path: '/dev/null/clickhouse', password: undefined })
  await expect(impossible).rejects.toMatchObject({
    code: 'ENGINE_START',
    message: expect.stringContaining('/dev/null'),
  })
})

test('close lets running queries end', async () => {
  const { url, child } = await start('drained')
  const slow = run(url, 'SELECT sum(sleepEachRow(0.5)) FROM numbers(2)')
  const running = "SELECT count() FROM system.processes WHERE query LIKE 'SELECT sum(sleep%'"
  await expect.poll(() => run(url, running)).toBe('1')
  const exited = once(child, 'exit')
  child.disconnect()
  expect(await slow).toBe('0')
  expect(await exited).toEqual([0, null])
})

test('close ends queries that take too long, and merges', async () => {
  const { url, child } = await start('hurried')
  await run(url, 'CREATE DATABASE d')
  await run(url, 'CREATE TABLE d.t (a UInt64, s String) ENGINE = MergeTree ORDER BY a')
  for (let part = 0; part < 2; part++)
    await run(url, `INSERT INTO d.t SELECT cityHash64(number), toString(number) FROM numbers(2000000)`)
  const endless = run(url, 'SELECT count() FROM numbers(1e13) WHERE cityHash64(number) = 1').catch(String)
  const merging = run(url, 'OPTIMIZE TABLE d.t FINAL SETTINGS optimize_throw_if_noop = 1').catch(String)
  await expect.poll(() => run(url, 'SELECT count() FROM system.merges'), { interval: 1 }).toBe('1')
  const exited = once(child, 'exit')
  child.disconnect()
  expect(await exited).toEqual([0, null])
  expect(await endless).toContain('TypeError')
  expect(await merging).toContain('ABORTED')
})

test('an insert whose client vanishes leaves nothing', async () => {
  const { url } = await start('vanished')
  await run(url, 'CREATE DATABASE d')
  await run(url, 'CREATE TABLE d.t (a UInt64) ENGINE = MergeTree ORDER BY a')
  const spool = join(root, 'vanished', 'spool')
  for (const encoding of ['identity', 'gzip']) {
    const query = encodeURIComponent('INSERT INTO d.t FORMAT JSONEachRow')
    const headers = { 'Content-Encoding': encoding }
    const sent = request(`${url}/?query=${query}`, { method: 'POST', headers })
    sent.on('error', () => {})
    sent.write(encoding === 'gzip' ? gzipSync('{"a":1}\n').subarray(0, 20) : '{"a":1}\n')
    await expect.poll(() => readdirSync(spool).length).toBe(1)
    sent.destroy()
    await expect.poll(() => readdirSync(spool)).toEqual([])
  }
  expect(await run(url, 'SELECT count() FROM d.t')).toBe('0')
})
