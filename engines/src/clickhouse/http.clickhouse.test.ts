import { request } from 'node:http'
import { expect, inject, test } from 'vitest'
import type {} from '../testing.ts'

const url = inject('clickhouseUrl')
const post = (body: string, search = '', headers: Record<string, string> = {}) =>
  fetch(`${url}/${search}`, { method: 'POST', body, headers })

test.each(['/ping', '/', '/replicas_status'])('%s is Ok', async (path) => {
  const response = await fetch(url + path)
  expect([response.status, await response.text()]).toEqual([200, 'Ok.\n'])
})

test('a statement in the body, in the URL, or begun in the URL', async () => {
  expect(await (await post('SELECT 1')).text()).toBe('1\n')
  expect(await (await fetch(`${url}/?query=SELECT%201`)).text()).toBe('1\n')
  expect(await (await post('FROM numbers(2)', '?query=SELECT%20number')).text()).toBe('0\n1\n')
})

test('headers', async () => {
  const response = await post('SELECT 1 AS a FORMAT JSON', '?query_id=my-query')
  expect(response.headers.get('x-clickhouse-query-id')).toBe('my-query')
  expect(response.headers.get('x-clickhouse-format')).toBe('JSON')
  expect(response.headers.get('content-type')).toBe('application/json; charset=UTF-8')
  const other = await post('SELECT 1', '?default_format=CSVWithNames')
  expect(other.headers.get('content-type')).toBe('text/csv; charset=UTF-8; header=present')
  expect(await other.text()).toBe('"1"\n1\n')
})

test.each([
  ['SELEC', 404, 47],
  ['SELECT * FRO', 400, 62],
  ['SELECT * FROM nowhere', 404, 60],
  ["SELECT toUInt8('x')", 400, 6],
  ['SELECT throwIf(1)', 500, 395],
  ['', 400, 62],
])('%s answers %i', async (sql, status, code) => {
  const response = await post(sql)
  expect([response.status, response.headers.get('x-clickhouse-exception-code')]).toEqual([
    status,
    String(code),
  ])
  expect(await response.text()).toMatch(
    new RegExp(`^Code: ${code}\\. DB::Exception: .+ \\([A-Z_]+\\)\\n?$`, 's'),
  )
})

test('a GET changes nothing', async () => {
  const response = await fetch(`${url}/?query=${encodeURIComponent('CREATE DATABASE weir_test_get')}`)
  expect([response.status, response.headers.get('x-clickhouse-exception-code')]).toEqual([500, '164'])
})

test('the same query id twice at once', async () => {
  const slow = post('SELECT sleep(1)', '?query_id=twice')
  await expect
    .poll(async () => (await post('SELECT 1', '?query_id=twice')).headers.get('x-clickhouse-exception-code'))
    .toBe('216')
  expect((await slow).status).toBe(200)
})

test('web pages are refused', async () => {
  const crossSite = await post('SELECT 1', '', { Origin: 'https://example.com' })
  expect([crossSite.status, crossSite.headers.get('x-clickhouse-exception-code')]).toEqual([403, '497'])
  expect(await statusWithHost('rebound.example.com')).toBe(403)
  expect(await statusWithHost('localhost:8123')).toBe(200)
})

function statusWithHost(host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/?query=SELECT%201`, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('what is not supported says so', async () => {
  const session = await post('SELECT 1', '?session_id=a')
  expect([session.status, await session.text()]).toEqual([501, expect.stringContaining('no HTTP sessions')])
  const encoded = await post('SELECT 1', '', { 'Content-Encoding': 'snappy' })
  expect([encoded.status, await encoded.text()]).toEqual([501, expect.stringContaining('snappy')])
})
