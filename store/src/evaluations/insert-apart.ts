import { ClickHouseError } from '@clickhouse/client'
import { insertFailureOf, isCodeOfColumns } from '../insert-failure.ts'
import { cutText } from '../text/cut-text.ts'

/** Characters of ClickHouse's words in a reason. */
const SHOWN = 300

/**
 * Inserts rows so that one which ClickHouse refuses for its content does not keep out the others: they are halved until it is alone, and
 * what `instead` makes of it is stored in its place. k of n rows take about 2k log2(n / k) inserts.
 * @param insert must be repeatable: rows replace those of the same key
 * @param instead what stands for a row; the reason says that it could not be stored, and why
 * @returns the rows as they are stored; one that was refused also in its place is as `instead` made it
 * @throws what is not about single rows: an outage, a table without these columns, or that not one row was taken
 */
export async function insertApart<Row>(
  rows: readonly Row[],
  insert: (rows: readonly Row[]) => Promise<void>,
  instead: (row: Row, reason: string) => Row,
): Promise<Row[]> {
  const refused = await insertHalves(rows, insert)
  if (refused.size === 0) return [...rows]
  const stored = rows.map((row) => {
    const error = refused.get(row)
    return error === undefined ? row : instead(row, `Could not be stored: ${wordsOf(error)}`)
  })
  const replacements = stored.filter((row, index) => row !== rows[index])
  const lost = await insertHalves(replacements, insert)
  // Where nothing at all is taken, it is not for what is in the rows.
  if (lost.size === rows.length) throw lost.values().next().value!
  return stored
}

/** Inserts what can be inserted; gives the rows that are refused, each with its error. */
async function insertHalves<Row>(
  rows: readonly Row[],
  insert: (rows: readonly Row[]) => Promise<void>,
): Promise<Map<Row, Error>> {
  if (rows.length === 0) return new Map()
  try {
    await insert(rows)
    return new Map()
  } catch (error) {
    if (!isOfContent(error)) throw error
    if (rows.length === 1) return new Map([[rows[0]!, error]])
    const half = Math.ceil(rows.length / 2)
    const first = await insertHalves(rows.slice(0, half), insert)
    return new Map([...first, ...(await insertHalves(rows.slice(half), insert))])
  }
}

/** Whether a repetition fails again: ClickHouse refuses what is in the rows, or they cannot be written as JSON at all. */
function isOfContent(error: unknown): error is Error {
  if (error instanceof RangeError || error instanceof TypeError) return true
  if (!(error instanceof ClickHouseError)) return false
  const code = Number(error.code)
  return insertFailureOf(400, code) === 'poison' && !isCodeOfColumns(code)
}

/** Without where in an insert it was: `Cannot parse input: expected ',' before: 'e+30': (at row 1): While executing ...`. */
function wordsOf({ message }: Error): string {
  const [words = ''] = message.split(/:? \(at row |: While executing /)
  return cutText(words.replaceAll(/\s+/g, ' ').trim(), SHOWN)
}
