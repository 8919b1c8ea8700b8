import type {} from '@weir/engines/testing'
import fc from 'fast-check'
import { expect, inject, test } from 'vitest'
import { readNative } from '../testing/native-reader.ts'
import { Block } from './block.ts'
import { layoutOf } from './block-layout.ts'
import { DictionaryColumn } from './dictionary-column.ts'
import { MapColumn } from './map-column.ts'
import { BytesColumn, DoubleColumn, Word32Column, Word64Column } from './number-columns.ts'
import { sliceBlock } from './slice-block.ts'
import { TextColumn } from './text-column.ts'

const COLUMNS = [
  { name: 'number', type: 'UInt32' },
  { name: 'low', type: 'LowCardinality(String)' },
  { name: 'text', type: 'String' },
  { name: 'map', type: 'Map(LowCardinality(String), String)' },
  { name: 'id', type: 'FixedString(8)' },
  { name: 'long', type: 'UInt64' },
  { name: 'double', type: 'Float64' },
] as const

interface Row {
  readonly low: string
  readonly text: string
  readonly map: readonly (readonly [string, string])[]
  /** 16 hex digits. */
  readonly id: string
  readonly long: number
  readonly double: number
}

async function run(statement: string, body?: Buffer): Promise<string> {
  const url = new URL(inject('clickhouseUrl'))
  url.searchParams.set('query', statement)
  const response = await fetch(url, { method: 'POST', body: body ? new Uint8Array(body) : '' })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text
}

/** The rows that the engine reads out of the blocks. */
async function readByEngine(blocks: Buffer): Promise<unknown[]> {
  const table = `native_${crypto.randomUUID().replaceAll('-', '')}`
  const structure = COLUMNS.map(({ name, type }) => `${name} ${type}`).join(', ')
  await run(`CREATE TABLE ${table} (${structure}) ENGINE = MergeTree ORDER BY number`)
  try {
    await run(`INSERT INTO ${table} FORMAT Native`, blocks)
    const read = await run(
      `SELECT low, text, arrayZip(mapKeys(map), mapValues(map)) AS map, lower(hex(id)) AS id, long, double
      FROM ${table} ORDER BY number FORMAT JSONEachRow SETTINGS output_format_json_quote_64bit_integers = 0`,
    )
    return read
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  } finally {
    await run(`DROP TABLE ${table} SYNC`)
  }
}

class Rows {
  readonly #block = new Block(COLUMNS)
  readonly #number = this.#block.column('number', Word32Column)
  readonly #low = this.#block.column('low', DictionaryColumn)
  readonly #text = this.#block.column('text', TextColumn)
  readonly #map = this.#block.column('map', MapColumn)
  readonly #id = this.#block.column('id', BytesColumn)
  readonly #long = this.#block.column('long', Word64Column)
  readonly #double = this.#block.column('double', DoubleColumn)
  #written = 0

  write({ low, text, map, id, long, double }: Row): void {
    const row = this.#block.rows
    const bytes = Buffer.from(low)
    this.#number.set(row, this.#written++)
    // As bytes and as text by turns: both find the same entry of the dictionary.
    if (row % 2 === 0) this.#low.utf8(row, bytes, 0, bytes.length)
    else this.#low.text(row, low)
    this.#text.text(row, text)
    for (const [key, value] of map) {
      this.#map.keys.push(this.#map.keys.dictionary.findText(key))
      this.#map.values.text(value)
    }
    if (map.length > 0) this.#map.endRow(row)
    this.#id.set(row, Buffer.from(id, 'hex'), 0, 8)
    this.#long.setNumber(row, long)
    this.#double.set(row, double)
    this.#block.rows += 1
  }

  /** Writes rows, the last one not to its end, and takes them back. */
  writeInVain(rows: readonly Row[]): void {
    const written = this.#written
    this.#block.mark()
    for (const row of rows) this.write(row)
    this.#low.text(this.#block.rows, 'never')
    this.#map.keys.push(this.#map.keys.dictionary.findText('never'))
    this.#block.rollback()
    this.#written = written
  }

  take(): Buffer {
    return this.#block.take()
  }
}

const anyText = fc.string({ unit: 'binary', maxLength: 80 })
const anyRow: fc.Arbitrary<Row> = fc.record({
  low: fc.oneof(fc.constantFrom('', 'step', 'model'), anyText),
  text: fc.oneof(fc.constant(''), anyText, fc.string({ minLength: 390, maxLength: 900 })),
  map: fc.array(fc.tuple(fc.oneof(fc.constantFrom('a', 'key', ''), anyText), anyText), { maxLength: 4 }),
  id: fc.oneof(
    fc.constant('0'.repeat(16)),
    fc.uint8Array({ minLength: 8, maxLength: 8 }).map((id) => Buffer.from(id).toString('hex')),
  ),
  long: fc.oneof(fc.constant(0), fc.maxSafeNat()),
  double: fc.oneof(fc.constant(0), fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 })),
})
const someRows = fc.array(anyRow, { maxLength: 40 })

test('the engine reads what was written, and nothing of what was taken back', async () => {
  // A block without rows is never sent, and the engine finds no structure in a body that begins with one.
  const block = fc
    .tuple(someRows, someRows, someRows)
    .filter(([before, _, after]) => before.length + after.length > 0)
  const blocks = fc.array(block, { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(blocks, async (given) => {
      const rows = new Rows()
      const taken = given.map(([before, vain, after]) => {
        for (const row of before) rows.write(row)
        rows.writeInVain(vain)
        for (const row of after) rows.write(row)
        return Buffer.from(rows.take())
      })
      const bytes = Buffer.concat(taken)
      const expected = given.flatMap(([before, _, after]) => [...before, ...after])
      expect(await readByEngine(bytes)).toEqual(expected)
      expect(readNative(bytes).map(({ map, text }) => ({ map, text }))).toEqual(
        expected.map(({ map, text }) => ({ map, text })),
      )
    }),
    { numRuns: 40 },
  )
})

test.for([300, 70_000])('%i different texts in a block', async (count) => {
  const rows = new Rows()
  const given = Array.from({ length: count }, (_, at) => ({
    low: `text ${at % (count - 1)}`,
    text: '',
    map: [[`key ${at}`, String(at)] as const],
    id: '0'.repeat(16),
    long: at,
    double: 0,
  }))
  for (const row of given) rows.write(row)
  expect(await readByEngine(rows.take())).toEqual(given)
})

test('texts that collide in the dictionary are stored all the same', async () => {
  // Only the last 64 bytes decide the slot.
  const tail = '.'.repeat(64)
  const given = Array.from({ length: 500 }, (_, at) => ({
    low: `${at % 100}${tail}`.padStart(70, '_'),
    text: '',
    map: [],
    id: '0'.repeat(16),
    long: at,
    double: 0,
  }))
  const rows = new Rows()
  for (const row of given) rows.write(row)
  expect(await readByEngine(rows.take())).toEqual(given)
})

test('the engine reads the same rows from a block and from slices of it', async () => {
  const rowsAndCuts = fc
    .array(anyRow, { minLength: 1, maxLength: 60 })
    .chain((given) => fc.tuple(fc.constant(given), fc.array(fc.nat(given.length), { maxLength: 6 })))
  await fc.assert(
    fc.asyncProperty(rowsAndCuts, async ([given, cuts]) => {
      const rows = new Rows()
      for (const row of given) rows.write(row)
      const block = Buffer.from(rows.take())
      const ends = [...new Set([0, ...cuts, given.length])].sort((a, b) => a - b)
      const slices = ends.slice(1).map((end, at) => sliceBlock(layoutOf(block)!, ends[at]!, end))
      expect(readNative(Buffer.concat(slices))).toEqual(readNative(block))
      expect(await readByEngine(Buffer.concat(slices))).toEqual(given)
    }),
    { numRuns: 40 },
  )
})
