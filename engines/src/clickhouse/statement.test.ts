import { describe, expect, test } from 'vitest'
import { readStatement } from './statement.ts'

const format = (sql: string) => readStatement(sql).format?.name

describe('the format clause', () => {
  test.each([
    ['SELECT 1 FORMAT JSON', 'JSON'],
    ['SELECT 1 format json;', 'json'],
    ['SELECT 1 FORMAT JSON SETTINGS max_threads = 1', 'JSON'],
    ['SELECT 1 FORMAT CSV -- FORMAT JSON', 'CSV'],
    ["SELECT 'x FORMAT JSON'", undefined],
    ['SELECT name AS format FROM t', undefined],
    ['SELECT format FROM t ORDER BY format DESC', undefined],
    ["SELECT format('{}', a) FROM t", undefined],
    ['SELECT `FORMAT` FROM t FORMAT TSV', 'TSV'],
    ['SELECT count() FROM t GROUP BY format WITH TOTALS', undefined],
  ])('%s', (sql, expected) => expect(format(sql)).toBe(expected))
})

test.each([
  ['/* c */ select 1', 'SELECT'],
  ['-- c\n(SELECT 1)', 'SELECT'],
  ['WITH 1 AS a SELECT a', 'SELECT'],
  ['WITH 1 AS a INSERT INTO t SELECT a', 'INSERT'],
  ['FROM t SELECT a', 'SELECT'],
  ['show tables', 'SHOW'],
  ['  ', ''],
])('the keyword of %s', (sql, keyword) => expect(readStatement(sql).keyword).toBe(keyword))

test.each([
  ['SELECT 1; SELECT 2', true],
  ['SELECT 1;', false],
  ["SELECT ';'; -- end", false],
  ["SELECT `a;b`, \"c;d\", 'it\\'s;', 'it''s;'", false],
])('%s holds several statements: %s', (sql, several) => expect(readStatement(sql).several).toBe(several))

test.each([
  ['SELECT 1', false],
  ['SELECT (SELECT 1)', true],
  ['WITH t AS (SELECT 1) SELECT * FROM t', true],
  ['WITH 1 AS a SELECT a', false],
  ["SELECT 'SELECT', select_list FROM t", false],
])('%s nests: %s', (sql, nested) => expect(readStatement(sql).nested).toBe(nested))

describe('an insert', () => {
  test('with columns, settings and rows', () => {
    const sql = 'INSERT INTO d.`t 1` (a, `b)`) SETTINGS x = \'FORMAT\' FORMAT JSONEachRow \r\n{"a":1}'
    const { insert } = readStatement(sql)
    expect(insert).toEqual({
      target: 'INSERT INTO d.`t 1` ',
      columns: '(a, `b)`)',
      settings: "SETTINGS x = 'FORMAT' ",
      format: 'JSONEachRow',
      dataStart: sql.indexOf('{"a"'),
    })
  })

  test('into a table function', () => {
    const { insert } = readStatement("INSERT INTO FUNCTION file('a', CSV) FORMAT CSV")
    expect(insert).toMatchObject({ target: "INSERT INTO FUNCTION file('a', CSV) ", columns: undefined })
  })

  test.each([
    "INSERT INTO t VALUES ('FORMAT x')",
    'INSERT INTO t SELECT 1 FORMAT Null',
    "INSERT INTO t FROM INFILE 'a' FORMAT CSV",
  ])('%s brings its rows itself', (sql) => expect(readStatement(sql).insert).toBeUndefined())
})

test('a long literal, also one without an end', () => {
  const text = 'x'.repeat(8_000_000)
  expect(readStatement(`SELECT '${text}' FORMAT CSV`).format?.name).toBe('CSV')
  expect(readStatement(`SELECT '${text.slice(0, 300_000)}`).keyword).toBe('SELECT')
})
