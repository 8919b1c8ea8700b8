import type { Log } from '../log.ts'
import type { BlockRecord } from '../wal/block-index.ts'
import { checkBlocks } from '../wal/check-blocks.ts'
import type { Outcome } from '../wal/ledger.ts'
import type { Quarantine, Range } from '../wal/quarantine.ts'
import { blocksPath, type Segment } from '../wal/segment.ts'
import type { Blocks } from './clickhouse-writer.ts'
import { InsertError } from './insert-error.ts'

/** Where blocks go. */
export interface BlockWriter {
  insert(blocks: Blocks, token: string): Promise<void>
}

/**
 * Inserts segments. The token of an insert is made of the segment's name and the blocks that it has, so that every
 * repetition, in whatever process, is known to ClickHouse.
 */
export class SegmentDelivery {
  readonly #writer: BlockWriter
  readonly #quarantine: Quarantine
  readonly #log: Log

  constructor(writer: BlockWriter, quarantine: Quarantine, log: Log) {
    this.#writer = writer
    this.#quarantine = quarantine
    this.#log = log
  }

  /** @throws InsertError, or what the disk says */
  async deliver(segment: Segment): Promise<Outcome> {
    if (segment.left) return await this.#deliverChecked(segment, false)
    await this.#insert(segment, [{ offset: 0, length: segment.bytes }], segment.name)
    return { stored: segment.rows, poison: 0, corrupt: 0 }
  }

  /** Inserts a segment that ClickHouse refuses in ever smaller parts, and sets the blocks aside that it refuses alone. */
  deliverInParts(segment: Segment): Promise<Outcome> {
    return this.#deliverChecked(segment, true)
  }

  async #deliverChecked(segment: Segment, inParts: boolean): Promise<Outcome> {
    const { good, damaged, tornBytes } = await checkBlocks(segment)
    if (tornBytes > 0) {
      this.#log.warn(
        { segment: segment.name, bytes: tornBytes },
        'the end of a segment was not written whole',
      )
    }
    for (const { rows, ...range } of damaged) {
      await this.#quarantine.add(segment, range, rows, 'damaged on the disk')
    }
    const poison = await this.#insertBlocks(segment, good, inParts, segment.name)
    const corrupt = damaged.reduce((sum, { rows }) => sum + rows, 0)
    return { stored: segment.rows - corrupt - poison, poison, corrupt }
  }

  /** Resolves to the number of rows that ClickHouse refuses. */
  async #insertBlocks(
    segment: Segment,
    blocks: readonly BlockRecord[],
    inParts: boolean,
    token: string,
  ): Promise<number> {
    const [first] = blocks
    if (first === undefined) return 0
    try {
      await this.#insert(segment, blocks, token)
      return 0
    } catch (error) {
      if (!(inParts && error instanceof InsertError && isAboutContent(error))) throw error
      if (blocks.length === 1) {
        await this.#quarantine.add(segment, first, first.rows, error.message)
        return first.rows
      }
    }
    const half = Math.ceil(blocks.length / 2)
    let poison = 0
    for (const part of [blocks.slice(0, half), blocks.slice(half)]) {
      const name = `${segment.name}-${part[0]!.offset}-${part.length}`
      poison += await this.#insertBlocks(segment, part, inParts, name)
    }
    return poison
  }

  #insert(segment: Segment, ranges: readonly Range[], token: string): Promise<void> {
    return this.#writer.insert({ path: blocksPath(segment), ranges, columns: segment.columns }, token)
  }
}

function isAboutContent({ failure }: InsertError): boolean {
  return failure === 'poison' || failure === 'unclear'
}
