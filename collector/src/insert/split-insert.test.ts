import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { InsertError } from './insert-error.ts'
import { type Part, type RowRange, rowsOf, wholeBlocks } from './part.ts'
import { PartJournal } from './part-journal.ts'
import { type Refused, SplitInsert } from './split-insert.ts'

const UNLIMITED = 1e9

/** A store that refuses some rows, and knows only the last few tokens. */
class Table {
  readonly bad: ReadonlySet<string>
  readonly namesRows: boolean
  readonly rows: string[] = []
  inserts = 0
  /** The insert after which its answer is lost, and nothing is answered any more. */
  dies = Number.POSITIVE_INFINITY
  #tokens: string[] = []

  constructor(bad: readonly string[], namesRows: boolean) {
    this.bad = new Set(bad)
    this.namesRows = namesRows
  }

  async insert(part: Part, token: string): Promise<void> {
    this.inserts += 1
    if (this.inserts > this.dies) throw new InsertError('away', 'away')
    const rows = placesIn(part)
    const at = rows.findIndex((row) => this.bad.has(row))
    if (at !== -1) {
      const row = this.namesRows ? at + 1 : undefined
      throw new InsertError(`refused ${rows[at]}`, 'poison', { exceptionCode: 469, row })
    }
    if (!this.#tokens.includes(token)) this.rows.push(...rows)
    this.#tokens = [...this.#tokens, token].slice(-2)
    if (this.inserts === this.dies) throw new InsertError('the answer broke off', 'away')
  }
}

const placesIn = (part: Part) =>
  part.flatMap(({ block, from, to }) =>
    Array.from({ length: to - from }, (_, at) => `${block.offset}:${from + at}`),
  )

function blocksOf(sizes: readonly number[]): Part {
  return wholeBlocks(
    sizes.map((rows, at) => ({ offset: at * 1000, length: 1000, crc: 0, rows, rejected: 0 })),
  )
}

interface Settings {
  readonly takesOthers?: boolean
  readonly budget?: number
  readonly isDivisible?: (range: RowRange) => boolean
}

async function split(table: Table, whole: Part, path: string, settings: Settings = {}) {
  const { takesOthers = true, budget = UNLIMITED, isDivisible = () => true } = settings
  const journal = await PartJournal.open(path)
  const insert = new SplitInsert({
    insert: (part, name) => table.insert(part, name),
    isDivisible: async (range) => isDivisible(range),
    journal,
    takesOthers,
    budget,
  })
  return await insert.run(whole)
}

const newJournal = () => join(temporaryDirectory(), 'parts')
const refusedRows = (refused: readonly Refused[]) => refused.flatMap(({ part }) => placesIn(part)).sort()

const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 })
const chosen = fc.array(fc.nat(1000), { maxLength: 12 })
const anyDeaths = fc.array(fc.record({ inserts: fc.integer({ min: 1, max: 20 }), takesOthers: fc.boolean() }))
const choose = (whole: Part, numbers: readonly number[]) => {
  const places = placesIn(whole)
  return [...new Set(numbers.map((number) => places[number % places.length]!))]
}

test('good rows are stored once and bad ones are refused alone, wherever an answer is lost', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, chosen, fc.boolean(), anyDeaths, async (...given) => {
      const [rows, numbers, namesRows, deaths] = given
      const whole = blocksOf(rows)
      const table = new Table(choose(whole, numbers), namesRows)
      const path = newJournal()
      for (const { inserts, takesOthers } of deaths) {
        table.dies = table.inserts + inserts
        await split(table, whole, path, { takesOthers }).catch(() => undefined)
      }
      table.dies = Number.POSITIVE_INFINITY
      const refused = await split(table, whole, path)
      expect(refusedRows(refused)).toEqual([...table.bad].sort())
      expect(refused.every(({ part }) => rowsOf(part) === 1)).toBe(true)
      expect([...table.rows].sort()).toEqual(
        placesIn(whole)
          .filter((row) => !table.bad.has(row))
          .sort(),
      )
    }),
    { numRuns: 100 },
  )
})

test('named rows take two inserts each, others about twice the logarithm', async () => {
  const whole = blocksOf(Array.from({ length: 20 }, () => 50))
  const bad = choose(
    whole,
    Array.from({ length: 30 }, (_, at) => at * 33),
  )
  const named = new Table(bad, true)
  await split(named, whole, newJournal())
  expect(named.inserts).toBeLessThan(2 * bad.length + 20)
  const unnamed = new Table(bad, false)
  await split(unnamed, whole, newJournal())
  expect(unnamed.inserts).toBeLessThan(2 * bad.length * (Math.log2(1000 / bad.length) + 2))
})

test('a row that is named by mistake is stored, and no other name is believed', async () => {
  const whole = blocksOf([100])
  class Mistaken extends Table {
    override async insert(part: Part, token: string): Promise<void> {
      await super.insert(part, token).catch((error: InsertError) => {
        const { message, failure, exceptionCode } = error
        throw new InsertError(message, failure, { exceptionCode, row: 1 })
      })
    }
  }
  const table = new Mistaken(['0:70'], true)
  expect(refusedRows(await split(table, whole, newJournal()))).toEqual(['0:70'])
  expect(table.rows).toHaveLength(99)
})

test('a block that cannot be divided is refused whole, and its neighbours are stored', async () => {
  const whole = blocksOf([5, 5, 5])
  const table = new Table(['1000:2'], true)
  const isDivisible = ({ block }: RowRange) => block.offset !== 1000
  const refused = await split(table, whole, newJournal(), { isDivisible })
  expect(refused).toMatchObject([{ part: [{ from: 0, to: 5 }], isBlock: true }])
  expect(table.rows).toHaveLength(10)
})

test('where nothing at all is stored no row is at fault, which few inserts find out', async () => {
  const whole = blocksOf([1000, 1000])
  const table = new Table(placesIn(whole), false)
  await expect(split(table, whole, newJournal(), { takesOthers: false })).rejects.toThrow('refused')
  expect(table.inserts).toBeLessThan(100)
})

test('bad rows beside each other are no reason to believe that nothing is stored', async () => {
  const whole = blocksOf([500, 500])
  for (const from of [0, 400, 900]) {
    const bad = placesIn(whole).slice(from, from + 100)
    const table = new Table(bad, false)
    const refused = await split(table, whole, newJournal(), { takesOthers: false })
    expect(refusedRows(refused)).toEqual(bad.sort())
    expect(table.rows).toHaveLength(900)
  }
})

test('many named rows are no reason to believe that nothing is stored', async () => {
  const whole = blocksOf([100, 200])
  const bad = choose(
    whole,
    Array.from({ length: 13 }, (_, at) => at * 10),
  )
  const table = new Table(bad, true)
  expect(refusedRows(await split(table, whole, newJournal(), { takesOthers: false }))).toEqual(bad.sort())
  expect(table.rows).toHaveLength(287)
})

test('what is refused for its columns is not divided', async () => {
  const whole = blocksOf([10, 10])
  let inserts = 0
  const table = new Table([], false)
  table.insert = async () => {
    inserts += 1
    throw new InsertError('no such column', 'poison', { exceptionCode: 16 })
  }
  expect(await split(table, whole, newJournal())).toMatchObject([{ part: whole, isBlock: false }])
  expect(inserts).toBe(1)
})

test('when its inserts are used up, what is refused is small and most is stored', async () => {
  const whole = blocksOf(Array.from({ length: 100 }, () => 100))
  const bad = choose(
    whole,
    Array.from({ length: 20 }, (_, at) => at * 487),
  )
  const table = new Table(bad, false)
  const refused = await split(table, whole, newJournal(), { budget: 150 })
  expect(table.inserts).toBeLessThan(200)
  expect(table.rows.length + refusedRows(refused).length).toBe(10_000)
  expect(refusedRows(refused)).toEqual(expect.arrayContaining([...bad]))
  expect(table.rows.length).toBeGreaterThan(8_000)
})

test('of a journal whose last line is not whole the others count', async () => {
  const whole = blocksOf([10])
  const path = newJournal()
  const table = new Table(['0:3'], false)
  await split(table, whole, path)
  const { inserts } = table
  const lines = readFileSync(path, 'utf8')
  writeFileSync(path, lines.slice(0, -10))
  expect(refusedRows(await split(table, whole, path))).toEqual(['0:3'])
  expect(table.inserts).toBe(inserts + 1)
  expect(table.rows).toHaveLength(9)
})
