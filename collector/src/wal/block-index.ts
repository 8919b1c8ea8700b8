import { crc32 } from 'node:zlib'

/** What the index of a segment says of one block. */
export interface BlockRecord {
  /** Where the block begins in the segment, in bytes. */
  readonly offset: number
  readonly length: number
  readonly crc: number
  readonly rows: number
  /** Spans of the block's requests that were refused for their ids. */
  readonly rejected: number
}

export interface BlockIndex {
  readonly columns: readonly string[]
  readonly headBytes: number
  /** In the order of the blocks; undefined where a record is damaged. */
  readonly records: readonly (BlockRecord | undefined)[]
  /** Bytes of a record at the end that was not written whole. */
  readonly tornBytes: number
}

export const RECORD_BYTES = 32
const CHECKED_BYTES = 28
const MAGIC = Buffer.from('WEIRLOG')
/** A digit behind the magic. A version that changes what is below takes the next one, so that older ones do not misread it. */
export const FORMAT = '1'
const HEAD_BYTES = 16

/** The beginning of an index: magic, length and CRC of the names of the blocks' columns. */
export function encodeHead(columns: readonly string[]): Buffer {
  const names = Buffer.from(JSON.stringify(columns))
  const head = Buffer.alloc(HEAD_BYTES + names.length)
  head.write(`${MAGIC}${FORMAT}`)
  head.writeUInt32LE(names.length, 8)
  head.writeUInt32LE(crc32(names), 12)
  names.copy(head, HEAD_BYTES)
  return head
}

export function encodeRecord({ offset, length, crc, rows, rejected }: BlockRecord): Buffer {
  const record = Buffer.alloc(RECORD_BYTES)
  record.writeBigUInt64LE(BigInt(offset), 0)
  record.writeUInt32LE(length, 8)
  record.writeUInt32LE(crc, 12)
  record.writeUInt32LE(rows, 16)
  record.writeUInt32LE(rejected, 20)
  record.writeUInt32LE(crc32(record.subarray(0, CHECKED_BYTES)), CHECKED_BYTES)
  return record
}

/** The format of an index; undefined where its head is missing or damaged. */
export function formatOf(index: Buffer): string | undefined {
  if (index.length < HEAD_BYTES || !index.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  const format = String.fromCharCode(index[MAGIC.length]!)
  return /^[1-9]$/.test(format) ? format : undefined
}

/** Undefined where the head is missing or damaged, or of another format. */
export function decodeIndex(bytes: Buffer): BlockIndex | undefined {
  const columns = decodeHead(bytes)
  if (columns === undefined) return undefined
  const headBytes = HEAD_BYTES + bytes.readUInt32LE(8)
  const count = Math.floor((bytes.length - headBytes) / RECORD_BYTES)
  const records = Array.from({ length: count }, (_, at) =>
    decodeRecord(bytes.subarray(headBytes + at * RECORD_BYTES, headBytes + (at + 1) * RECORD_BYTES)),
  )
  return { columns, headBytes, records, tornBytes: (bytes.length - headBytes) % RECORD_BYTES }
}

function decodeHead(bytes: Buffer): string[] | undefined {
  if (formatOf(bytes) !== FORMAT) return undefined
  const names = bytes.subarray(HEAD_BYTES, HEAD_BYTES + bytes.readUInt32LE(8))
  return crc32(names) === bytes.readUInt32LE(12) ? (JSON.parse(names.toString()) as string[]) : undefined
}

function decodeRecord(record: Buffer): BlockRecord | undefined {
  if (record.readUInt32LE(CHECKED_BYTES) !== crc32(record.subarray(0, CHECKED_BYTES))) return undefined
  return {
    offset: Number(record.readBigUInt64LE(0)),
    length: record.readUInt32LE(8),
    crc: record.readUInt32LE(12),
    rows: record.readUInt32LE(16),
    rejected: record.readUInt32LE(20),
  }
}
