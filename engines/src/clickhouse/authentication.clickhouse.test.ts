import { createClient } from '@clickhouse/client'
import { beforeAll, expect, test } from 'vitest'
import { type ClickHouseProcess, useProcesses } from '../testing/clickhouse-process.ts'

const PASSWORD = 'p:@ss/wo%rd'
const { start } = useProcesses()
let server: ClickHouseProcess
let base: string

beforeAll(async () => {
  server = await start('locked', PASSWORD)
  const url = new URL(server.url)
  expect([url.username, decodeURIComponent(url.password)]).toEqual(['weir', PASSWORD])
  base = `http://${url.host}`
})

async function statusWith(headers: Record<string, string>, search = ''): Promise<[number, string | null]> {
  const response = await fetch(`${base}/${search}`, { method: 'POST', body: 'SELECT 1', headers })
  await response.text()
  return [response.status, response.headers.get('x-clickhouse-exception-code')]
}

const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})

test('each way to name user and password', async () => {
  expect(await statusWith(basic('weir', PASSWORD))).toEqual([200, null])
  expect(await statusWith({ 'x-clickhouse-user': 'weir', 'x-clickhouse-key': PASSWORD })).toEqual([200, null])
  expect(await statusWith({}, `?${new URLSearchParams({ user: 'weir', password: PASSWORD })}`)).toEqual([
    200,
    null,
  ])
  await using client = createClient({ url: server.url })
  expect(await (await client.query({ query: 'SELECT 1 AS a', format: 'JSONEachRow' })).json()).toEqual([
    { a: 1 },
  ])
})

test.each([
  ['none', {}],
  ['another password', basic('weir', 'wrong')],
  ['another user', basic('default', PASSWORD)],
  ['no password', basic('weir', '')],
  ['half of it', basic('weir', PASSWORD.slice(0, 5))],
  ['no basic authorisation', { authorization: 'Bearer x' }],
])('refused: %s', async (_name, headers) => {
  expect(await statusWith(headers as Record<string, string>)).toEqual([403, '516'])
})

test('a ping needs no password, and says nothing', async () => {
  const response = await fetch(`${base}/ping`)
  expect([response.status, await response.text()]).toEqual([200, 'Ok.\n'])
})

test('a refusal names no password', async () => {
  const response = await fetch(`${base}/?user=weir&password=guess`, { method: 'POST', body: 'SELECT 1' })
  const text = await response.text()
  expect(text).toContain('WEIR_HOME/clickhouse.url')
  expect(text).not.toMatch(/guess|p:/)
})
