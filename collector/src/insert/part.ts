import { createHash } from 'node:crypto'
import type { BlockRecord } from '../wal/block-index.ts'

/** Rows of a block, from `from` up to but not including `to`. */
export interface RowRange {
  readonly block: BlockRecord
  readonly from: number
  readonly to: number
}

/** Rows of a file of blocks, in their order. */
export type Part = readonly RowRange[]

export function wholeBlocks(blocks: readonly BlockRecord[]): Part {
  return blocks.map((block) => ({ block, from: 0, to: block.rows }))
}

export function rowsOf(part: Part): number {
  return part.reduce((sum, { from, to }) => sum + to - from, 0)
}

export function isWhole({ block, from, to }: RowRange): boolean {
  return from === 0 && to === block.rows
}

/** Names the rows by their block and place in it: the same rows have the same name in every process, others never. */
export function nameOf(part: Part): string {
  const places = part.map(({ block, from, to }) => `${block.offset}:${block.crc}:${from}-${to}`)
  return createHash('sha256').update(places.join()).digest('hex').slice(0, 24)
}

/** Two parts of about as many rows, cut between ranges where there are several, else within the only one. */
export function halvesOf(part: Part): readonly [Part, Part] {
  const half = rowsOf(part) / 2
  if (part.length === 1) {
    const [{ block, from, to }] = part as [RowRange]
    const middle = from + Math.ceil(half)
    return [[{ block, from, to: middle }], [{ block, from: middle, to }]]
  }
  let at = 1
  for (let rows = rowsOf(part.slice(0, 1)); at < part.length - 1 && rows < half; at++)
    rows += rowsOf(part.slice(at, at + 1))
  return [part.slice(0, at), part.slice(at)]
}

/** The row at a place within the part, and the part without it. */
export function withoutRow(part: Part, place: number): { readonly row: Part; readonly others: Part } {
  let before = 0
  for (const [at, { block, from, to }] of part.entries()) {
    const number = from + place - before
    if (number < to) {
      const left = [
        { block, from, to: number },
        { block, from: number + 1, to },
      ].filter((range) => range.from < range.to)
      const others = [...part.slice(0, at), ...left, ...part.slice(at + 1)]
      return { row: [{ block, from: number, to: number + 1 }], others }
    }
    before += to - from
  }
  throw new RangeError(`there is no row ${place} in a part of ${before}`)
}

/** The rows of several parts, in their order in the file. */
export function joined(parts: readonly Part[]): Part {
  return parts.flat().sort((a, b) => a.block.offset - b.block.offset || a.from - b.from)
}
