import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type {} from '../testing.ts'
import { refuseForbidden } from './forbidden.ts'

const root = mkdtempSync(join(tmpdir(), 'weir-forbidden-'))
const secret = join(root, 'secret.txt')
const SECRET = 'the text that nobody may read'
const url = inject('clickhouseUrl')
/** Counts who connects: statements must reach no host. */
let connections = 0
const canary = createServer((socket) => {
  connections++
  socket.destroy()
})
let host: string

beforeAll(async () => {
  writeFileSync(secret, SECRET)
  await once(canary.listen(0, '127.0.0.1'), 'listening')
  host = `127.0.0.1:${(canary.address() as AddressInfo).port}`
  await send('CREATE DATABASE IF NOT EXISTS forbidden')
  await send('CREATE TABLE IF NOT EXISTS forbidden.t (a String) ENGINE = MergeTree ORDER BY a')
})

afterAll(async () => {
  await send('DROP DATABASE forbidden')
  canary.close()
  rmSync(root, { recursive: true })
})

async function send(sql: string, search = '', body?: string): Promise<{ status: number; text: string }> {
  const target =
    body === undefined ? `${url}/?${search}` : `${url}/?query=${encodeURIComponent(sql)}&${search}`
  const response = await fetch(target, { method: 'POST', body: body ?? sql })
  return { status: response.status, text: await response.text() }
}

/** `PATH`, `DIRECTORY` and `HOST` stand for what only the test knows. */
const READS = [
  `SELECT * FROM file('PATH', 'LineAsString')`,
  `SELECT * FROM 'PATH'`,
  `SELECT * FROM \`PATH\``,
  `SELECT * FROM default.\`PATH\``,
  `SELECT file('PATH')`,
  `SELECT * APPLY(file) FROM (SELECT 'PATH' AS a)`,
  `SELECT arrayMap(file, ['PATH'])`,
  `DESCRIBE file('PATH')`,
  `SELECT * FROM filesystem('DIRECTORY')`,
  `SELECT * FROM fileCluster('default', 'PATH')`,
  `INSERT INTO forbidden.t FROM INFILE 'PATH' FORMAT LineAsString`,
  `INSERT INTO forbidden.t SELECT * FROM file('PATH', 'LineAsString')`,
  `INSERT INTO forbidden.t VALUES (file('PATH'))`,
  `CREATE TABLE forbidden.f AS file('PATH', 'LineAsString')`,
  `CREATE VIEW forbidden.v AS SELECT * FROM file('PATH', 'LineAsString')`,
  `CREATE TABLE forbidden.f (a String) ENGINE = File(LineAsString, 'PATH')`,
  `CREATE DICTIONARY forbidden.d (a UInt64, b String) PRIMARY KEY a SOURCE(FILE(path 'PATH' format 'CSV')) LAYOUT(FLAT()) LIFETIME(0)`,
  `CREATE DATABASE forbidden_d ENGINE = Filesystem('DIRECTORY')`,
  `CREATE FUNCTION forbidden_f AS (a) -> file(a)`,
  `SELECT 1 FORMAT Template SETTINGS format_template_resultset = 'PATH'`,
  `SELECT 1 AS a FORMAT Protobuf SETTINGS format_schema = 'PATH:M'`,
  `SELECT 1 SETTINGS additional_result_filter = 'throwIf(1, file(\\'PATH\\'))'`,
]

const RUNS = [
  "SELECT * FROM executable('id', 'TSV', 'a String')",
  "SELECT * FROM executable('../../../../../../bin/id', 'TSV', 'a String')",
  "CREATE TABLE forbidden.e (a String) ENGINE = Executable('id', 'TSV')",
  "CREATE TABLE forbidden.e (a String) ENGINE = ExecutablePool('id', 'TSV')",
  "SELECT * FROM Python('x')",
  'SYSTEM SHUTDOWN',
  'EXECUTE AS default SELECT 1',
]

const HOSTS = [
  `SELECT * FROM url('http://HOST/', 'LineAsString')`,
  `INSERT INTO FUNCTION url('http://HOST/', 'LineAsString') SELECT 'a'`,
  `CREATE TABLE forbidden.u (a String) ENGINE = URL('http://HOST/', 'LineAsString')`,
  `SELECT * FROM s3('http://HOST/bucket/key', 'LineAsString')`,
  `SELECT * FROM remote('HOST', 'system', 'one')`,
  `SELECT * FROM mysql('HOST', 'd', 't', 'u', 'p')`,
  `SELECT * FROM postgresql('HOST', 'd', 't', 'u', 'p')`,
  `SELECT * FROM redis('HOST', 'k', 'k String')`,
  `SELECT * FROM mongodb('HOST', 'd', 'c', 'u', 'p', 'a String')`,
  `SELECT * FROM hdfs('hdfs://HOST/x', 'LineAsString')`,
  `CREATE TABLE forbidden.m (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = web, endpoint = 'http://HOST/x/')`,
  `RESTORE TABLE forbidden.t AS forbidden.r FROM S3('http://HOST/bucket/key', 'k', 's')`,
  `BACKUP TABLE forbidden.t TO S3('http://HOST/bucket/key', 'k', 's')`,
  `CREATE DATABASE forbidden_m ENGINE = MySQL('HOST', 'd', 'u', 'p')`,
  `CREATE DATABASE forbidden_c ENGINE = DataLakeCatalog('http://HOST/')`,
  `SELECT 1 FORMAT AvroConfluent SETTINGS format_avro_schema_registry_url = 'http://HOST/'`,
]

const WRITES = [
  `SELECT 1 INTO OUTFILE 'PATH'`,
  `SELECT 1 INTO/**/OUTFILE 'PATH' TRUNCATE FORMAT CSV`,
  `INSERT INTO FUNCTION file('PATH', 'CSV', 'a Int8') SELECT 1`,
  `INSERT INTO FUNCTION file('PATH', 'CSV', 'a Int8') VALUES (1)`,
  `CREATE TABLE forbidden.k (a String, b String) ENGINE = EmbeddedRocksDB(0, 'PATH') PRIMARY KEY a`,
  `CREATE TABLE forbidden.k (a String, b String) ENGINE \`EmbeddedRocksDB\`(0, 'PATH') PRIMARY KEY a`,
  `CREATE TABLE forbidden.k (a String) ENGINE = FileLog('PATH', 'CSV')`,
  `SELECT 1 AS a FORMAT Protobuf SETTINGS output_format_schema = 'PATH'`,
]

describe('a statement', () => {
  test.each(READS)('reads no file: %s', async (template) => {
    const sql = template.replaceAll('PATH', secret).replaceAll('DIRECTORY', root)
    const { status, text } = await send(sql)
    expect(status, text).toBeGreaterThanOrEqual(400)
    expect(text).not.toContain(SECRET)
  })

  test.each(WRITES)('writes no file: %s', async (template) => {
    const sql = template.replaceAll('PATH', join(root, 'written'))
    for (const method of ['POST', 'GET']) {
      const target = method === 'GET' ? `${url}/?query=${encodeURIComponent(sql)}` : url
      const response = await fetch(target, method === 'GET' ? {} : { method, body: sql })
      expect(response.status, await response.text()).toBeGreaterThanOrEqual(400)
    }
    expect(existsSync(join(root, 'written'))).toBe(false)
    expect(readdirSync(root)).toEqual(['secret.txt'])
  })

  test.each(RUNS)('runs no program: %s', async (sql) => {
    const { status, text } = await send(sql)
    expect(status, text).toBeGreaterThanOrEqual(400)
    expect(text).not.toContain('uid=')
  })

  test('reaches no host', async () => {
    for (const template of HOSTS) {
      const sql = template.replaceAll('HOST', host)
      const { status, text } = await send(sql)
      expect(status, `${sql}: ${text}`).toBeGreaterThanOrEqual(400)
    }
    expect(connections).toBe(0)
  })

  test.each([
    ['additional_result_filter', 'throwIf(1)'],
    ['format_template_resultset', secret],
    ['dialect', 'prql'],
  ])('sets no %s by the URL', async (name, value) => {
    const { text } = await send('SELECT 1', new URLSearchParams({ [name]: value }).toString())
    expect(text).toContain('SETTING_CONSTRAINT_VIOLATION')
  })

  test('evaluates no expression in the rows of an insert', async () => {
    const rows = `(file('${secret}'))`
    const values = await send('INSERT INTO forbidden.t FORMAT Values', '', rows)
    expect(values.status, values.text).toBe(403)
    expect((await send('INSERT INTO forbidden.t FORMAT Values', '', "('a'), (lower('B'))")).status).toBe(200)
    expect((await send('SELECT a FROM forbidden.t ORDER BY a')).text).toBe('a\nb\n')
    await send('INSERT INTO forbidden.t FORMAT CSV', '', rows)
    expect((await send('SELECT groupArray(a) FROM forbidden.t')).text).not.toContain(SECRET)
  })
})

const quote = fc.constantFrom(
  ...["'", '"', '`', '‘', '’', '“', '”', '$$', '$a$', '--', '//', '# ', '/*', '*/', '\n', '\\'],
)
const filler = fc.constantFrom(' ', '1', 'a', ',', "''", '""', '(', ')', '\u00a0', '\u200b')

test('no way to quote hides a call from us that the engine sees', async () => {
  const call = `throwIf(1, concat('the engine ', 'came here')) + length(file('${secret}'))`
  const pieces = fc.array(fc.oneof(quote, filler), { maxLength: 6 }).map((parts) => parts.join(''))
  await fc.assert(
    fc.asyncProperty(pieces, pieces, async (before, after) => {
      const sql = `SELECT 1 ${before}, ${call} ${after}`
      const { text } = await send(sql)
      expect(text).not.toContain('the engine came here')
    }),
    { numRuns: 300 },
  )
  expect(() => refuseForbidden(`SELECT ${call}`)).toThrow('ACCESS_DENIED')
})
