import { type BlockLayout, layoutOf } from './block-layout.ts'
import { ByteBuffer } from './byte-buffer.ts'
import { mergeOf } from './merge-columns.ts'

/**
 * Blocks of the same columns as one block of all their rows: ClickHouse takes about a millisecond for each block that
 * it reads, however few rows it has. What is no such block stays as it is.
 */
export function mergeBlocks(blocks: readonly Buffer[]): Buffer {
  const merged: Buffer[] = []
  let alike: BlockLayout[] = []
  const flush = () => {
    if (alike.length > 0) merged.push(alike.length === 1 ? alike[0]!.bytes : merge(alike))
    alike = []
  }
  for (const bytes of blocks) {
    const layout = layoutOf(bytes)
    if (layout === undefined || !isAlike(layout, alike[0])) flush()
    if (layout === undefined) merged.push(bytes)
    else alike.push(layout)
  }
  flush()
  return merged.length === 1 ? merged[0]! : Buffer.concat(merged)
}

function isAlike({ columns }: BlockLayout, first: BlockLayout | undefined): boolean {
  if (first === undefined) return true
  return (
    columns.length === first.columns.length &&
    columns.every(({ header }, at) => header.equals(first.columns[at]!.header))
  )
}

function merge(blocks: readonly BlockLayout[]): Buffer {
  const [first] = blocks
  const counts = new ByteBuffer(16)
  counts.varint(first!.columns.length)
  counts.varint(blocks.reduce((sum, { rows }) => sum + rows, 0))
  const pieces: Uint8Array[] = [counts.bytes.subarray(0, counts.length)]
  for (const [column, { layout, header }] of first!.columns.entries()) {
    const data = mergeOf(layout)
    for (const { bytes, rows, columns } of blocks) {
      const { start, end } = columns[column]!
      data.add(bytes, start, end, rows)
    }
    pieces.push(header, ...data.pieces())
  }
  return Buffer.concat(pieces)
}
