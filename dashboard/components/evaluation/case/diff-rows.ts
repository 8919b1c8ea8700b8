import { diffArrays, diffWordsWithSpace } from 'diff'

/** A stretch of a line. */
export interface Piece {
  readonly text: string
  /** Beside the other line of its row. */
  readonly changed: boolean
}

/** Two lines beside each other. */
export interface LineRow {
  readonly before: readonly Piece[] | undefined
  readonly after: readonly Piece[] | undefined
  readonly same: boolean
}

/** Lines that are left out because they are the same, far from any change. */
export interface FoldedRow {
  readonly folded: number
}

/** Lines, and words of one line, that may differ: beyond that a comparison takes long and says nothing. */
const MOST_EDITS = 1_000
/** Lines that are shown around a change. */
const CONTEXT = 3

/** The lines of two texts beside each other; undefined if they are too different. */
export function diffRows(before: string, after: string): LineRow[] | undefined {
  const changes = diffArrays(before.split('\n'), after.split('\n'), { maxEditLength: MOST_EDITS })
  if (changes === undefined) return undefined
  const rows: LineRow[] = []
  let removed: string[] = []
  let added: string[] = []
  const flush = () => {
    for (let at = 0; at < Math.max(removed.length, added.length); at++)
      rows.push(changedRow(removed[at], added[at]))
    removed = []
    added = []
  }
  for (const change of changes) {
    if (change.removed) removed.push(...change.value)
    else if (change.added) added.push(...change.value)
    else {
      flush()
      rows.push(...change.value.map(sameRow))
    }
  }
  flush()
  return rows
}

/** The rows of two texts that are not compared. */
export function plainRows(before: string, after: string): LineRow[] {
  const [left, right] = [before.split('\n'), after.split('\n')]
  return Array.from({ length: Math.max(left.length, right.length) }, (_, at) => ({
    before: whole(left[at]),
    after: whole(right[at]),
    same: false,
  }))
}

/** Leaves out lines that are the same, but for those around a change. */
export function foldRows(rows: readonly LineRow[]): (LineRow | FoldedRow)[] {
  const near = new Set(
    rows.flatMap(({ same }, at) =>
      same ? [] : Array.from({ length: 2 * CONTEXT + 1 }, (_, offset) => at - CONTEXT + offset),
    ),
  )
  const folded: (LineRow | FoldedRow)[] = []
  for (const [at, row] of rows.entries()) {
    const last = folded.at(-1)
    if (near.has(at)) folded.push(row)
    else if (last !== undefined && 'folded' in last) folded[folded.length - 1] = { folded: last.folded + 1 }
    else folded.push({ folded: 1 })
  }
  return folded
}

function sameRow(line: string): LineRow {
  const pieces = whole(line)
  return { before: pieces, after: pieces, same: true }
}

function changedRow(before: string | undefined, after: string | undefined): LineRow {
  const words =
    before === undefined || after === undefined
      ? undefined
      : diffWordsWithSpace(before, after, { maxEditLength: MOST_EDITS })
  if (words === undefined) return { before: whole(before), after: whole(after), same: false }
  return {
    before: words
      .filter(({ added }) => !added)
      .map(({ value, removed }) => ({ text: value, changed: removed })),
    after: words
      .filter(({ removed }) => !removed)
      .map(({ value, added }) => ({ text: value, changed: added })),
    same: false,
  }
}

function whole(text: string | undefined): Piece[] | undefined {
  return text === undefined ? undefined : [{ text, changed: false }]
}
