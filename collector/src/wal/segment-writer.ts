import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { encodeHead, encodeRecord } from './block-index.ts'
import {
  blocksPath,
  indexPath,
  newSegmentName,
  removeSegment,
  type Segment,
  syncDirectory,
} from './segment.ts'

/** The segment that blocks are appended to. After a failed append it is only good to be closed. */
export class SegmentWriter {
  readonly name: string
  readonly #directory: string
  readonly #columns: readonly string[]
  readonly #blocks: FileHandle
  readonly #index: FileHandle
  #indexBytes: number
  #bytes = 0
  #rows = 0
  #rejected = 0

  private constructor(
    name: string,
    directory: string,
    columns: readonly string[],
    files: { readonly blocks: FileHandle; readonly index: FileHandle; readonly indexBytes: number },
  ) {
    this.name = name
    this.#directory = directory
    this.#columns = columns
    this.#blocks = files.blocks
    this.#index = files.index
    this.#indexBytes = files.indexBytes
  }

  /** Leaves nothing behind where it fails. */
  static async create(directory: string, columns: readonly string[]): Promise<SegmentWriter> {
    const name = newSegmentName()
    const opened: FileHandle[] = []
    try {
      const index = await open(indexPath({ directory, name }), 'wx', 0o600)
      opened.push(index)
      const head = encodeHead(columns)
      await writeFully(index, head, 0)
      const blocks = await open(blocksPath({ directory, name }), 'wx', 0o600)
      opened.push(blocks)
      await syncDirectory(directory)
      return new SegmentWriter(name, directory, columns, { blocks, index, indexBytes: head.length })
    } catch (error) {
      await Promise.allSettled(opened.map((file) => file.close()))
      await removeSegment({ directory, name }).catch(() => undefined)
      throw error
    }
  }

  get bytes(): number {
    return this.#bytes
  }

  get rows(): number {
    return this.#rows
  }

  /**
   * Resolves once the block and its record are on the disk. The record is written after the block, so that a killed
   * process leaves no record of half a block. Where it fails the segment is as it was before.
   */
  async append(block: Buffer, rows: number, rejected: number): Promise<void> {
    const record = { offset: this.#bytes, length: block.length, crc: crc32(block), rows, rejected }
    const encoded = encodeRecord(record)
    try {
      await writeFully(this.#blocks, block, this.#bytes)
      await writeFully(this.#index, encoded, this.#indexBytes)
      await settled([this.#blocks.datasync(), this.#index.datasync()])
    } catch (error) {
      await this.#undo()
      throw error
    }
    this.#bytes += block.length
    this.#indexBytes += encoded.length
    this.#rows += rows
    this.#rejected += rejected
  }

  /** The segment to send; undefined, and no file is left, where it has no block. Never fails: all is on the disk. */
  async close(): Promise<Segment | undefined> {
    await Promise.allSettled([this.#blocks.close(), this.#index.close()])
    const { name } = this
    const segment = { name, directory: this.#directory, columns: this.#columns, recovered: false }
    if (this.#rows > 0) {
      return { ...segment, bytes: this.#bytes, rows: this.#rows, rejected: this.#rejected }
    }
    await removeSegment(segment).catch(() => undefined)
    return undefined
  }

  /** Best effort: only the bytes that are known to be good are sent in any case. */
  async #undo(): Promise<void> {
    await Promise.allSettled([this.#index.truncate(this.#indexBytes), this.#blocks.truncate(this.#bytes)])
    await Promise.allSettled([this.#index.datasync(), this.#blocks.datasync()])
  }
}

/** A write may take only a part of the bytes, which then fails at the rest. */
async function writeFully(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

/** Throws the first error, after all have ended. */
async function settled(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) {
    if (result.status === 'rejected') throw result.reason
  }
}
