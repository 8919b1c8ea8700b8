import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@clickhouse/client'
import { expect, inject, test } from 'vitest'
import { rowsOf, useDatabase } from '../testing/database.ts'

const client = useDatabase()

test('five million rows', async () => {
  const result = await client.query({
    query: "SELECT number AS n, concat('row ', toString(number)) AS t FROM numbers(5000000)",
    format: 'JSONCompactEachRow',
  })
  let rows = 0
  let last: unknown
  for await (const batch of result.stream<[string, string]>()) {
    rows += batch.length
    last = batch.at(-1)?.text
  }
  expect(rows).toBe(5_000_000)
  expect(last).toBe('["4999999", "row 4999999"]')
})

test('a client that stops reading holds the engine back', async () => {
  const response = await fetch(`${inject('clickhouseUrl')}/?query_id=paced`, {
    method: 'POST',
    body: 'SELECT number, repeat(toString(number), 20) FROM numbers(2000000000) FORMAT TabSeparated',
  })
  const reader = response.body?.getReader()
  await reader?.read()
  const stands = async () => {
    const before = await rowsRead('paced')
    await sleep(300)
    return before !== undefined && before === (await rowsRead('paced'))
  }
  await expect.poll(stands).toBe(true)
  await reader?.cancel()
  await untilEnded('paced')
})

async function rowsRead(id: string): Promise<string | undefined> {
  const query = "SELECT read_rows AS r FROM system.processes WHERE Settings['log_comment'] = {id:String}"
  return (await rowsOf<{ r: string }>(client, query, { id }))[0]?.r
}

async function untilEnded(id: string): Promise<void> {
  await expect.poll(() => rowsRead(id)).toBeUndefined()
}

test.each([
  ['while it streams', 'SELECT number FROM numbers(100000000000)', 'JSONEachRow'],
  ['before it answers', 'SELECT sum(cityHash64(number)) FROM numbers(1000000000000)', 'JSONEachRow'],
  ['as a document', 'SELECT sum(cityHash64(number)) FROM numbers(1000000000000)', 'JSON'],
] as const)('an abort %s ends the query', async (_, query, format) => {
  const abort = new AbortController()
  const query_id = crypto.randomUUID()
  const reading = client
    .query({ query, format, query_id, abort_signal: abort.signal })
    .then(async (result) => {
      for await (const _rows of result.stream()) if (abort.signal.aborted) return
    })
  await expect.poll(() => rowsRead(query_id)).toBeDefined()
  abort.abort()
  await reading.catch(() => {})
  await untilEnded(query_id)
  expect(await rowsOf(client, 'SELECT 1 AS v')).toEqual([{ v: 1 }])
})

test('an abort ends running and waiting queries', async () => {
  const abort = new AbortController()
  const query = 'SELECT sum(cityHash64(number)) FROM numbers(1000000000000) SETTINGS max_threads = 1'
  const endless = Array.from({ length: 20 }, () => client.query({ query, abort_signal: abort.signal }))
  await sleep(200)
  abort.abort()
  const ended = await Promise.allSettled(endless)
  expect(ended.map(({ status }) => status)).toEqual(endless.map(() => 'rejected'))
  expect(await rowsOf(client, 'SELECT 1 AS v')).toEqual([{ v: 1 }])
})

test('clients that leave at any moment leave no query behind', async () => {
  const leave = async (after: number) => {
    const signal = AbortSignal.timeout(after)
    const body = 'SELECT number AS leaving FROM numbers(100000000000) FORMAT TabSeparated'
    const response = await fetch(inject('clickhouseUrl'), { method: 'POST', body, signal })
    await response.arrayBuffer()
  }
  const left = await Promise.allSettled(Array.from({ length: 40 }, (_, i) => leave(i * 5)))
  expect(left.map(({ status }) => status)).toEqual(left.map(() => 'rejected'))
  const query = "SELECT count() AS c FROM system.processes WHERE query LIKE 'SELECT number AS leaving%'"
  await expect.poll(() => rowsOf(client, query)).toEqual([{ c: '0' }])
})

test('an exception after the first rows reaches the reader', async () => {
  const query = 'SELECT throwIf(number = 3000000) FROM numbers(5000000)'
  const result = await client.query({ query, format: 'JSONEachRow' })
  const read = async () => {
    let rows = 0
    for await (const batch of result.stream()) rows += batch.length
    return rows
  }
  await expect(read()).rejects.toMatchObject({ code: '395' })
})

test('compression both ways', async () => {
  const compressed = createClient({
    url: inject('clickhouseUrl'),
    compression: { request: true, response: true },
    log: { level: 127 },
  })
  const result = await compressed.query({ query: "SELECT repeat('a', 100000) AS a", format: 'JSONEachRow' })
  expect(result.response_headers['content-encoding']).toBe('gzip')
  expect((await result.json<{ a: string }>())[0]?.a).toHaveLength(100_000)
  await expect(compressed.query({ query: 'SELECT nothing' })).rejects.toMatchObject({ code: '47' })
  await compressed.close()
})

test('fifty queries at once, each with its own parameters', async () => {
  const ask = (n: number) =>
    rowsOf<{ n: number }>(client, 'SELECT {n:UInt32} AS n, sum(number) AS s FROM numbers({n:UInt32})', { n })
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => ask(n)))
  expect(answers.map(([row]) => row?.n)).toEqual(Array.from({ length: 50 }, (_, n) => n))
})

test('slow queries, also slow to plan, do not hold up fast ones', async () => {
  const slow = [
    'SELECT sum(sleepEachRow(0.5)) FROM numbers(6)',
    'SELECT (SELECT sum(sleepEachRow(0.5)) FROM numbers(6))',
  ]
  const order: string[] = []
  const running = slow.map((query) => rowsOf(client, query).then(() => order.push('slow')))
  await sleep(100)
  await rowsOf(client, 'SELECT 1').then(() => order.push('fast'))
  await Promise.all(running)
  expect(order).toEqual(['fast', 'slow', 'slow'])
})
