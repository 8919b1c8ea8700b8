import { type FileHandle, open, readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { type BlockRecord, decodeIndex } from './block-index.ts'
import type { Range } from './quarantine.ts'
import { withoutTorn } from './recover-segments.ts'
import { blocksPath, indexPath, type Segment } from './segment.ts'

/** A part of a segment that is not what was written. */
interface Damage extends Range {
  /** 0 where the record is damaged too. */
  readonly rows: number
}

export interface CheckedBlocks {
  readonly good: readonly BlockRecord[]
  readonly damaged: readonly Damage[]
  /** Bytes at the end that were never acknowledged: their record is missing, or not whole. */
  readonly tornBytes: number
}

const READ_BYTES = 1024 * 1024

/** The records of a segment that this process wrote. */
export async function readRecords(segment: Segment): Promise<BlockRecord[]> {
  const records = await readIndex(segment)
  return records.filter(
    (record) => record !== undefined && record.offset + record.length <= segment.bytes,
  ) as BlockRecord[]
}

/** Compares the blocks of a segment with its index; of a file that is gone, all blocks are damaged. */
export async function checkBlocks(segment: Segment): Promise<CheckedBlocks> {
  const records = withoutTorn(await readIndex(segment), segment.bytes)
  const file = await open(blocksPath(segment)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  try {
    return await check(file, records, file === undefined ? 0 : segment.bytes)
  } finally {
    await file?.close()
  }
}

async function readIndex(segment: Segment): Promise<readonly (BlockRecord | undefined)[]> {
  const bytes = await readFile(indexPath(segment)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0)
    throw error
  })
  return decodeIndex(bytes)?.records ?? []
}

async function check(
  file: FileHandle | undefined,
  records: readonly (BlockRecord | undefined)[],
  bytes: number,
): Promise<CheckedBlocks> {
  const good: BlockRecord[] = []
  const damaged: Damage[] = []
  let end = 0
  let recordIsDamaged = false
  const damageUntil = (offset: number) => {
    if (recordIsDamaged && offset > end) damaged.push({ offset: end, length: offset - end, rows: 0 })
  }
  for (const record of records) {
    if (record === undefined) {
      recordIsDamaged = true
      continue
    }
    damageUntil(Math.min(record.offset, bytes))
    recordIsDamaged = false
    end = record.offset + record.length
    if (file && end <= bytes && (await crcOf(file, record)) === record.crc) good.push(record)
    else damaged.push({ ...clip(record, bytes), rows: record.rows })
  }
  damageUntil(bytes)
  return { good, damaged, tornBytes: recordIsDamaged ? 0 : Math.max(0, bytes - end) }
}

/** What the file still has of a block. */
function clip({ offset, length }: Range, bytes: number): Range {
  return { offset, length: Math.max(0, Math.min(length, bytes - offset)) }
}

async function crcOf(file: FileHandle, { offset, length }: Range): Promise<number> {
  const buffer = Buffer.allocUnsafe(Math.min(length, READ_BYTES))
  let crc = 0
  for (let read = 0; read < length; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(length - read, buffer.length), offset + read)
    if (bytesRead === 0) return Number.NaN
    crc = crc32(buffer.subarray(0, bytesRead), crc)
    read += bytesRead
  }
  return crc
}
