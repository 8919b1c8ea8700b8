import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { readWork, type Work } from './body.ts'

const directory = mkdtempSync(join(tmpdir(), 'weir-spool-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
const limits = { statement: 1000, insert: 5000 }

function read(query: string, chunks: Buffer[]): Promise<Work> {
  return readWork(query, Readable.from(chunks, { objectMode: false }), directory, limits)
}

function rows(work: Work): Buffer | undefined {
  return work.spool && readFileSync(work.spool.path)
}

test('an insert is read the same however its body is cut, and whatever its rows are', async () => {
  const head = Buffer.from('INSERT INTO d.täble (a, b) FORMAT Native\n')
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.array(fc.nat(350), { maxLength: 6 }),
      async (data, cuts) => {
        const body = Buffer.concat([head, data])
        const at = [0, ...cuts.filter((cut) => cut < body.length).sort((a, b) => a - b), body.length]
        const chunks = at.slice(1).map((end, i) => body.subarray(at[i], end))
        const work = await read(
          '',
          chunks.filter((chunk) => chunk.length > 0),
        )
        await using _spool = work.spool
        expect(work.sql).toBe(head.toString())
        expect(rows(work)?.equals(data)).toBe(true)
      },
    ),
    { numRuns: 200 },
  )
  expect(readdirSync(directory)).toEqual([])
})

test('the statement in the URL, the rows in the body', async () => {
  const work = await read('INSERT INTO t FORMAT CSV', [Buffer.from('1\n'), Buffer.from('2\n')])
  expect([work.sql, rows(work)?.toString(), work.spool?.bytes]).toEqual([
    'INSERT INTO t FORMAT CSV',
    '1\n2\n',
    4,
  ])
  await work.spool?.[Symbol.asyncDispose]()
})

test.each([
  ['', 'INSERT INTO t FORMAT CSV'],
  ['INSERT INTO t FORMAT CSV', ''],
])('an insert without rows: %s|%s', async (query, body) => {
  const work = await read(query, body === '' ? [] : [Buffer.from(body)])
  await using _spool = work.spool
  expect([work.statement.insert?.format, work.spool?.bytes]).toEqual(['CSV', 0])
})

test('a statement in both', async () => {
  const work = await read('SELECT 1', [Buffer.from('UNION ALL '), Buffer.from('SELECT 2')])
  expect([work.sql, work.spool]).toEqual(['SELECT 1\nUNION ALL SELECT 2', undefined])
})

test('what is larger than the limits is refused and leaves nothing', async () => {
  await expect(read('', [Buffer.alloc(1001, 'x')])).rejects.toThrow('larger than 1000 bytes')
  await expect(read('INSERT INTO t FORMAT CSV', [Buffer.alloc(5001, '1')])).rejects.toMatchObject({
    code: 307,
  })
  expect(readdirSync(directory)).toEqual([])
})
