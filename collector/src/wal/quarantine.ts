import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../log.ts'
import { blocksPath, indexPath, type Segment, syncDirectory } from './segment.ts'

/** A part of a segment's file. */
export interface Range {
  readonly offset: number
  readonly length: number
}

const BLOCKS = '.native'

/**
 * Blocks that cannot be delivered, each as a file of its own beside a note of why. Nothing reads them again: they are
 * for people, who can insert or delete them.
 */
export class Quarantine {
  readonly #directory: string
  readonly #log: Log
  /** Sizes by file name. */
  readonly #files: Map<string, number>
  #bytes = 0

  private constructor(directory: string, log: Log, files: Map<string, number>) {
    this.#directory = directory
    this.#log = log
    this.#files = files
    for (const size of files.values()) this.#bytes += size
  }

  static async open(parent: string, log: Log): Promise<Quarantine> {
    const directory = join(parent, 'quarantine')
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const names = (await readdir(directory)).filter((name) => name.endsWith(BLOCKS))
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size))
    return new Quarantine(directory, log, new Map(names.map((name, at) => [name, sizes[at]!])))
  }

  get blocks(): number {
    return this.#files.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Copies a part of a segment; doing it again replaces the copy. */
  async add(segment: Segment, range: Range, rows: number, reason: string): Promise<void> {
    const { offset, length } = range
    const name = `${segment.name}-${offset}`
    const path = join(this.#directory, name + BLOCKS)
    const copy = await open(path, 'w', 0o600)
    try {
      const end = offset + length - 1
      // Of a block that the disk has lost there is only the note.
      if (length > 0) await copy.writeFile(createReadStream(blocksPath(segment), { start: offset, end }))
      await copy.datasync()
    } finally {
      await copy.close()
    }
    await this.#note(name, { reason, rows, columns: segment.columns })
    this.#count(name, length)
    this.#log.error({ path, rows, bytes: length, reason }, 'spans were set aside')
  }

  /** Moves a segment whose index is damaged, so that nobody knows where its blocks begin. */
  async addWhole(segment: Pick<Segment, 'directory' | 'name'>, bytes: number): Promise<void> {
    const path = join(this.#directory, segment.name + BLOCKS)
    await rename(blocksPath(segment), path)
    await rename(indexPath(segment), join(this.#directory, `${segment.name}.index`)).catch(() => undefined)
    const reason = 'its index is damaged'
    await this.#note(segment.name, { reason })
    this.#count(segment.name, bytes)
    this.#log.error({ path, bytes, reason }, 'a segment was set aside')
  }

  #count(name: string, bytes: number): void {
    const file = name + BLOCKS
    this.#bytes += bytes - (this.#files.get(file) ?? 0)
    this.#files.set(file, bytes)
  }

  async #note(name: string, note: object): Promise<void> {
    await writeFile(join(this.#directory, `${name}.json`), `${JSON.stringify(note)}\n`, { mode: 0o600 })
    await syncDirectory(this.#directory)
  }
}
