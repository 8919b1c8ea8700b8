import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { mergeBlocks } from '../native/merge-blocks.ts'
import { Scratch } from '../native/scratch.ts'
import type { BlockRecord } from '../wal/block-index.ts'
import { InsertError } from './insert-error.ts'

/** Blocks in a file. */
export interface StoredBlocks {
  readonly path: string
  readonly records: readonly BlockRecord[]
}

/** What is read and merged at once. */
const MERGED_BYTES = 4 * 1024 * 1024

/**
 * The bytes of blocks, small ones merged, a few megabytes at a time: each piece is valid until the next one is asked for.
 * @throws InsertError where they cannot be read, or are not what was written
 */
export async function* bytesOf({ path, records }: StoredBlocks): AsyncGenerator<Buffer> {
  const file = await open(path).catch(failReading)
  const read = new Scratch()
  const merged = new Scratch()
  try {
    for (const part of partsOf(records)) yield mergeBlocks(await readBlocks(file, part, read), merged)
  } finally {
    await file.close()
  }
}

function* partsOf(records: readonly BlockRecord[]): Generator<readonly BlockRecord[]> {
  let from = 0
  let bytes = 0
  for (const [at, { length }] of records.entries()) {
    if (at > from && bytes + length > MERGED_BYTES) {
      yield records.slice(from, at)
      from = at
      bytes = 0
    }
    bytes += length
  }
  if (from < records.length) yield records.slice(from)
}

async function readBlocks(
  file: FileHandle,
  records: readonly BlockRecord[],
  scratch: Scratch,
): Promise<Buffer[]> {
  const start = records[0]!.offset
  const last = records.at(-1)!
  const bytes = scratch.take(last.offset + last.length - start)
  for (let read = 0; read < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, read, bytes.length - read, start + read).catch(failReading)
    if (bytesRead === 0)
      throw new InsertError('a segment of the log is shorter than its index says', 'poison')
    read += bytesRead
  }
  return records.map(({ offset, length, crc }) => {
    const block = bytes.subarray(offset - start, offset - start + length)
    if (crc32(block) !== crc) throw new InsertError('a block of the log was damaged on the disk', 'poison')
    return block
  })
}

function failReading(cause: Error): never {
  throw new InsertError(`the log cannot be read: ${cause.message}`, 'unclear', { cause })
}
