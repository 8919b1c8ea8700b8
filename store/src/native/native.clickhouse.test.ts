import { expect, test } from 'vitest'
import { execute, rows } from '../store.ts'
import { useStore } from '../testing.ts'
import { insertNative, queryNative } from './query-native.ts'
import { readNative } from './read-native.ts'
import { columnsToWrite, rowsOf, type TestColumn } from './testing.ts'

const store = useStore()

/** The columns of all blocks of an answer, one after the other. */
async function readColumns(query: string): Promise<Record<string, unknown[]>> {
  const all: Record<string, unknown[]> = {}
  for (const { columns } of readNative(await queryNative(store(), query)))
    for (const [name, values] of columns) all[name] = [...(all[name] ?? []), ...values]
  return all
}

const TEXTS = [
  '',
  'plain',
  'quotes \' " ` \\ \t\r\n',
  '\0 zero',
  'é 漢字 😀 e\u0301',
  'half \ud83d',
  '\ude00 other half',
  '\ufeff\uffff',
  '漢'.repeat(100_000),
]

const WRITTEN: readonly TestColumn[] = [
  { name: 'text', type: 'String', values: TEXTS },
  { name: 'word', type: 'LowCardinality(String)', values: TEXTS },
  {
    name: 'id',
    type: 'FixedString(8)',
    values: TEXTS.map((_, row) => (row === 0 ? '' : `${row}ff0000000000000`)),
  },
  { name: 'byte', type: 'UInt8', values: [0, 1, 127, 128, 255, 0, 0, 0, 0] },
  { name: 'wide', type: 'UInt32', values: [0, 1, 2 ** 31, 2 ** 32 - 1, 0, 0, 0, 0, 0] },
  { name: 'signed', type: 'Int32', values: [0, -1, 2 ** 31 - 1, -(2 ** 31), 0, 0, 0, 0, 0] },
  { name: 'size', type: 'UInt64', values: [0, 1, 2 ** 32, 2 ** 53 - 1, 2n ** 64n - 1n, 2n ** 63n, 0, 0, 0] },
  {
    name: 'long',
    type: 'Int64',
    values: [0, -1, 2 ** 40, -(2 ** 53), 2n ** 63n - 1n, -(2n ** 63n), 0, 0, 0],
  },
  {
    name: 'time',
    type: "DateTime64(9, 'UTC')",
    values: [0n, 1_767_225_600_123_456_789n, 0, 0, 0, 0, 0, 0, 0],
  },
  { name: 'ratio', type: 'Float64', values: [0, -0.5, 1e308, 5e-324, Infinity, -Infinity, NaN, -0, 0.1] },
  {
    name: 'words',
    type: 'Array(LowCardinality(String))',
    values: [[], ['a', '\ud800'], [], [''], [], [], [], [], TEXTS],
  },
  { name: 'texts', type: 'Array(String)', values: [[], ['a', '\ud800'], [], [''], [], [], [], [], TEXTS] },
  {
    name: 'sizes',
    type: 'Array(UInt64)',
    values: [[2n ** 64n - 1n], [], [], [], [], [], [], [], [0, 2 ** 53]],
  },
  {
    name: 'ids',
    type: 'Array(FixedString(8))',
    values: [[], ['0123456789abcdef'], [], [], [], [], [], [], []],
  },
  { name: 'ratios', type: 'Array(Float64)', values: [[0.1, 0.2], [], [], [], [], [], [], [], [3]] },
]

test('ClickHouse reads what is written, in the types of the table', async () => {
  await execute(
    store(),
    `CREATE TABLE written (row UInt8, text String, word LowCardinality(String), id FixedString(8), byte UInt8, wide UInt32, signed Int32,
      size UInt64, long Int64, time DateTime64(9, 'UTC'), ratio Float64, words Array(LowCardinality(String)), texts Array(LowCardinality(String)), sizes Array(UInt64),
      ids Array(FixedString(8)), ratios Array(Float64), other String DEFAULT 'default')
    ENGINE = MergeTree ORDER BY row`,
  )
  const numbered = { name: 'row', type: 'UInt8', values: TEXTS.map((_, row) => row) }
  await insertNative(store(), 'written', rowsOf(WRITTEN), columnsToWrite([numbered, ...WRITTEN]))

  const texts = TEXTS.map((text) => text.toWellFormed())
  const answered = await rows(store(), 'SELECT text, word, words, texts, other FROM written ORDER BY row')
  expect(answered).toEqual(
    texts.map((text, row) => ({
      text,
      word: text,
      words: (WRITTEN[10]!.values as string[][])[row]!.map((inner) => inner.toWellFormed()),
      texts: (WRITTEN[11]!.values as string[][])[row]!.map((inner) => inner.toWellFormed()),
      other: 'default',
    })),
  )
  const numbers = await rows<Record<string, string>>(
    store(),
    `SELECT lower(hex(id)) AS id, toString(byte) AS byte, toString(wide) AS wide, toString(signed) AS signed, toString(size) AS size,
      toString(long) AS long, toString(toUnixTimestamp64Nano(time)) AS time, toString(ratio) AS ratio FROM written ORDER BY row`,
  )
  for (const { name, values } of WRITTEN.slice(3, 9))
    expect(numbers.map((row) => row[name])).toEqual(values.map(String))
  expect(numbers.map(({ ratio }) => Number(ratio!.replace('inf', 'Infinity')))).toEqual(WRITTEN[9]!.values)
  expect(numbers.map(({ id }) => id)).toEqual(
    WRITTEN[2]!.values.map((id) => (id === '' ? '0'.repeat(16) : id)),
  )
  expect(
    await rows(
      store(),
      `SELECT arrayMap(size -> toString(size), sizes) AS sizes, arrayMap(id -> hex(id), ids) AS ids, ratios FROM written
      WHERE row IN (0, 1, 8) ORDER BY row`,
    ),
  ).toEqual([
    { sizes: ['18446744073709551615'], ids: [], ratios: [0.1, 0.2] },
    { sizes: [], ids: ['0123456789ABCDEF'], ratios: [] },
    { sizes: ['0', '9007199254740992'], ids: [], ratios: [3] },
  ])
})

test('what ClickHouse answers is read: texts, ids, numbers, times', async () => {
  const { text, word, id, byte, flag, wide, signed, long, time, milli, ratio } = await readColumns(
    `SELECT text, word, id, byte, byte > 1 AS flag, toUInt16(wide % 65536) AS wide, signed, long, time, toDateTime64(time, 3, 'UTC') AS milli, ratio
    FROM written ORDER BY row`,
  )
  const texts = TEXTS.map((value) => value.toWellFormed())
  expect([text, word]).toEqual([texts, texts])
  expect(id).toEqual(WRITTEN[2]!.values.map((value) => (value === '' ? '0'.repeat(16) : value)))
  expect([byte, signed]).toEqual([WRITTEN[3]!.values, WRITTEN[5]!.values])
  expect(flag).toEqual([0, 0, 1, 1, 1, 0, 0, 0, 0])
  expect(wide).toEqual([0, 1, 0, 65_535, 0, 0, 0, 0, 0])
  expect(long).toEqual(WRITTEN[7]!.values.map((value) => BigInt(value as number | bigint)))
  expect(time).toEqual(WRITTEN[8]!.values.map((value) => BigInt(value as number | bigint)))
  expect(milli!.slice(0, 2)).toEqual([0n, 1_767_225_600_123n])
  expect(ratio).toEqual(WRITTEN[9]!.values)
})

test('UInt64 is exact up to 2^53, and a Bool is 0 or 1', async () => {
  const query = `SELECT [0, 4294967295, 4294967296, 9007199254740991]::Array(UInt64)[number + 1] AS size, (number = 2)::Bool AS flag
    FROM numbers(4)`
  expect(await readColumns(query)).toEqual({
    size: [0, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER],
    flag: [0, 0, 1, 0],
  })
})

test.each([1, 255, 256, 257, 65_535, 65_536, 65_537, 200_000])(
  '%i different words of a dictionary',
  async (words) => {
    const query = `SELECT concat('word ', toString(number % ${words}))::LowCardinality(String) AS word FROM numbers(${words + 10})
    SETTINGS max_block_size = 1000000`
    const { word } = await readColumns(query)
    expect(word).toHaveLength(words + 10)
    expect(word!.findIndex((text, row) => text !== `word ${row % words}`)).toBe(-1)
  },
)

test('a dictionary of a table with many words, over several blocks', async () => {
  await execute(
    store(),
    `CREATE TABLE words (row UInt32, word LowCardinality(String)) ENGINE = MergeTree ORDER BY row
    AS SELECT number, if(number % 3 = 0, '', concat('word ', toString(number))) FROM numbers(150000)`,
  )
  const { word } = await readColumns('SELECT word FROM words ORDER BY row')
  expect(word!.findIndex((text, row) => text !== (row % 3 === 0 ? '' : `word ${row}`))).toBe(-1)
  expect(word).toHaveLength(150_000)
})

test('of maps it is read how many entries there are up to each row; what follows them is read', async () => {
  const query = (keys: string) =>
    `SELECT mapFromArrays(${keys}, arrayMap(n -> repeat('v', n), range(length(${keys}))))::Map(LowCardinality(String), String) AS map,
      number AS after FROM numbers(4)`
  expect(await readColumns(query(`arrayMap(n -> concat('k', toString(n)), range(number))`))).toEqual({
    map: [0, 1, 3, 6],
    after: [0, 1, 2, 3],
  })
  expect(await readColumns(query(`CAST([], 'Array(String)')`))).toEqual({
    map: [0, 0, 0, 0],
    after: [0, 1, 2, 3],
  })
})

test('arrays of words, texts, times and numbers, empty ones too', async () => {
  const query = `SELECT arrayMap(n -> concat('word ', toString(n)), range(number)) AS texts,
      texts::Array(LowCardinality(String)) AS words, arrayMap(n -> toInt64(n), range(number)) AS longs, [number::Float64] AS ratio
    FROM numbers(3)`
  expect(await readColumns(query)).toEqual({
    texts: [[], ['word 0'], ['word 0', 'word 1']],
    words: [[], ['word 0'], ['word 0', 'word 1']],
    longs: [[], [0n], [0n, 1n]],
    ratio: [[0], [1], [2]],
  })
  expect(
    await readColumns(`SELECT []::Array(LowCardinality(String)) AS words, number AS after FROM numbers(2)`),
  ).toEqual({
    words: [[], []],
    after: [0, 1],
  })
})

test('an answer without rows', async () => {
  expect(
    Object.values(await readColumns('SELECT text, word, time FROM written WHERE row > 100')).flat(),
  ).toEqual([])
})
