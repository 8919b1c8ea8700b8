import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { layoutOf, mergeBlocks, Scratch, sliceBlock } from '@weir/dialects'
import { InsertError } from './insert-error.ts'
import { isWhole, type Part, type RowRange, rowsOf } from './part.ts'

/** Rows of a file of blocks. */
export interface StoredRows {
  readonly path: string
  readonly part: Part
}

/** Blocks as they are sent. */
export interface Piece {
  readonly bytes: Buffer
  readonly rows: number
}

/** What is read and merged at once. */
const MERGED_BYTES = 4 * 1024 * 1024

/**
 * The bytes of rows, small blocks merged, a few megabytes at a time: each piece is valid until the next one is asked for.
 * @throws InsertError where they cannot be read, or are not what was written
 */
export async function* piecesOf({ path, part }: StoredRows): AsyncGenerator<Piece> {
  const file = await open(path).catch(failReading)
  const read = new Scratch()
  const merged = new Scratch()
  try {
    for (const ranges of stretchesOf(part)) {
      const bytes = mergeBlocks(await readBlocks(file, ranges, read), merged)
      yield { bytes, rows: rowsOf(ranges) }
    }
  } finally {
    await file.close()
  }
}

/**
 * Whether rows of a block can be sent without the others.
 * @throws InsertError where it cannot be read
 */
export async function isDivisible(path: string, { block }: RowRange): Promise<boolean> {
  const file = await open(path).catch(failReading)
  try {
    const [bytes] = await readBlocks(file, [{ block, from: 0, to: block.rows }], new Scratch())
    return layoutOf(bytes!)?.rows === block.rows
  } finally {
    await file.close()
  }
}

/** Ranges that lie within a few megabytes of the file, or in one block. */
function* stretchesOf(part: Part): Generator<Part> {
  let from = 0
  for (const [at, { block }] of part.entries()) {
    const start = part[from]!.block
    if (block.offset > start.offset && block.offset + block.length - start.offset > MERGED_BYTES) {
      yield part.slice(from, at)
      from = at
    }
  }
  if (from < part.length) yield part.slice(from)
}

async function readBlocks(file: FileHandle, part: Part, scratch: Scratch): Promise<Buffer[]> {
  const start = part[0]!.block.offset
  const last = part.at(-1)!.block
  const bytes = scratch.take(last.offset + last.length - start)
  for (let read = 0; read < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, read, bytes.length - read, start + read).catch(failReading)
    if (bytesRead === 0)
      throw new InsertError('a segment of the log is shorter than its index says', 'poison')
    read += bytesRead
  }
  return part.map((range) => {
    const { offset, length, crc } = range.block
    const block = bytes.subarray(offset - start, offset - start + length)
    if (crc32(block) !== crc) throw new InsertError('a block of the log was damaged on the disk', 'poison')
    return isWhole(range) ? block : rowsIn(block, range)
  })
}

function rowsIn(bytes: Buffer, { from, to }: RowRange): Buffer {
  const layout = layoutOf(bytes)
  if (layout === undefined) throw new InsertError('a block of the log cannot be divided into rows', 'poison')
  return sliceBlock(layout, from, to)
}

function failReading(cause: Error): never {
  throw new InsertError(`the log cannot be read: ${cause.message}`, 'unclear', { cause })
}
