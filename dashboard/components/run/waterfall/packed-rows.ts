import { type KeyedRow, type SpanRow, withKeys } from './tree.ts'

const TEXTS = ['traceId', 'runId', 'name', 'kind', 'status', 'model', 'errorType'] as const
const NUMBERS = ['startNs', 'durationNs', 'depth', 'attempts', 'attempt'] as const
const FLAGS = ['ended', 'fallback'] as const

/**
 * Rows by column, each text once: a run of thousands of spans reaches the browser in a sixth of its size as objects.
 */
export interface PackedRows {
  readonly spanIds: readonly string[]
  readonly texts: readonly string[]
  /** Per column of texts, places in `texts`. */
  readonly places: readonly (readonly number[])[]
  readonly numbers: readonly (readonly number[])[]
  /** Bits in the order of the flags. */
  readonly flags: readonly number[]
}

export function packRows(rows: readonly SpanRow[]): PackedRows {
  const known = new Map<string, number>()
  const placeOf = (text: string): number => {
    const place = known.get(text) ?? known.size
    known.set(text, place)
    return place
  }
  return {
    spanIds: rows.map(({ spanId }) => spanId),
    places: TEXTS.map((key) => rows.map((row) => placeOf(row[key]))),
    texts: [...known.keys()],
    numbers: NUMBERS.map((key) => rows.map((row) => row[key])),
    flags: rows.map((row) => FLAGS.reduce((bits, key, bit) => bits | (Number(row[key]) << bit), 0)),
  }
}

export function unpackRows({ spanIds, texts, places, numbers, flags }: PackedRows): KeyedRow[] {
  const rows = spanIds.map((spanId, index) => {
    const row: Record<string, string | number | boolean> = { spanId }
    TEXTS.forEach((key, column) => {
      row[key] = texts[places[column]![index]!]!
    })
    NUMBERS.forEach((key, column) => {
      row[key] = numbers[column]![index]!
    })
    FLAGS.forEach((key, bit) => {
      row[key] = (flags[index]! & (1 << bit)) !== 0
    })
    return row as unknown as SpanRow
  })
  return withKeys(rows)
}
