import { createReadStream, statSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import type { Log } from '../log.ts'
import {
  listFiles,
  type QuarantinedPiece,
  quarantineDirectory,
  quarantinedPath,
  writeNote,
  writeQuarantined,
} from './quarantine-files.ts'
import { blocksPath, indexPath, type Segment, syncDirectory } from './segment.ts'

/** A part of a segment's file. */
export interface Range {
  readonly offset: number
  readonly length: number
}

/** Changes of a directory within so many milliseconds may have the same time. */
const SAME_TIME = 1_000

/**
 * Spans that cannot be delivered, in files beside a note of why. The collector reads none of them again:
 * `weir quarantine` inserts or deletes them, also while the collector runs. So the directory is what is counted.
 */
export class Quarantine {
  readonly #directory: string
  readonly #log: Log
  #changed = Number.NaN
  #counts = { files: 0, bytes: 0, rows: 0 }

  private constructor(directory: string, log: Log) {
    this.#directory = directory
    this.#log = log
    this.refresh()
  }

  static async open(parent: string, log: Log): Promise<Quarantine> {
    const directory = quarantineDirectory(parent)
    await mkdir(directory, { recursive: true, mode: 0o700 })
    return new Quarantine(directory, log)
  }

  get files(): number {
    return this.#counts.files
  }

  get bytes(): number {
    return this.#counts.bytes
  }

  /** Spans, where it is known how many. */
  get rows(): number {
    return this.#counts.rows
  }

  /** Counts again where the directory has changed: `weir quarantine` is another process. */
  refresh(): void {
    const changed = statSync(this.#directory, { throwIfNoEntry: false })?.mtimeMs ?? 0
    if (changed === this.#changed) return
    const files = listFiles(this.#directory)
    this.#counts = {
      files: files.length,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      rows: files.reduce((sum, { note }) => sum + (note.rows ?? 0), 0),
    }
    this.#changed = Date.now() - changed < SAME_TIME ? Number.NaN : changed
  }

  /** Writes rows of a segment that ClickHouse refuses for one reason; doing it again replaces them. */
  async addRows(
    { name, columns }: Segment,
    group: string,
    pieces: AsyncIterable<QuarantinedPiece>,
    reason: string,
  ): Promise<void> {
    await this.#write(`${name}-${group}`, pieces, { reason, columns: [...columns] })
  }

  /** Copies a part of a segment that is damaged; doing it again replaces the copy. */
  async addDamaged(segment: Segment, range: Range, rows: number): Promise<void> {
    const note = { reason: 'damaged on the disk', damaged: true, columns: [...segment.columns] }
    await this.#write(`${segment.name}-${range.offset}`, bytesOf(segment, range, rows), note)
  }

  /** Moves a segment whose index is damaged, so that nobody knows where its blocks begin. */
  async addWhole(segment: Pick<Segment, 'directory' | 'name'>, bytes: number): Promise<void> {
    const path = quarantinedPath(this.#directory, segment.name)
    const reason = 'its index is damaged'
    await writeNote(this.#directory, segment.name, { reason, damaged: true, at: new Date().toISOString() })
    await rename(blocksPath(segment), path)
    await rename(indexPath(segment), path.replace(/\.native$/, '.index')).catch(() => undefined)
    await syncDirectory(this.#directory)
    this.refresh()
    this.#log.error({ path, bytes, reason }, 'a segment was set aside')
  }

  async #write(
    id: string,
    pieces: AsyncIterable<QuarantinedPiece>,
    note: { reason: string; columns: string[]; damaged?: boolean },
  ): Promise<void> {
    const at = new Date().toISOString()
    const { bytes, note: written } = await writeQuarantined(this.#directory, id, pieces, { ...note, at })
    this.refresh()
    const path = quarantinedPath(this.#directory, id)
    this.#log.error({ path, rows: written.rows, bytes, reason: note.reason }, 'spans were set aside')
  }
}

async function* bytesOf(
  segment: Segment,
  { offset, length }: Range,
  rows: number,
): AsyncGenerator<QuarantinedPiece> {
  let left = rows
  // Of a block that the disk has lost there is only the note.
  if (length > 0) {
    for await (const bytes of createReadStream(blocksPath(segment), {
      start: offset,
      end: offset + length - 1,
    })) {
      yield { bytes, rows: left }
      left = 0
    }
  }
  if (left > 0) yield { bytes: Buffer.alloc(0), rows: left }
}
