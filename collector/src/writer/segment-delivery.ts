import type { Log } from '../log.ts'
import type { BlockRecord } from '../wal/block-index.ts'
import { checkBlocks, readRecords } from '../wal/check-blocks.ts'
import type { Outcome } from '../wal/ledger.ts'
import type { Quarantine } from '../wal/quarantine.ts'
import { blocksPath, type Segment } from '../wal/segment.ts'
import type { Blocks } from './clickhouse-writer.ts'
import { InsertError } from './insert-error.ts'
import { Tokens } from './tokens.ts'

/** Where blocks go. */
export interface BlockWriter {
  insert(blocks: Blocks, token: string): Promise<void>
  /** Milliseconds since the server was started. */
  uptime(): Promise<number>
}

/** Inserts segments. */
export class SegmentDelivery {
  readonly #writer: BlockWriter
  readonly #quarantine: Quarantine
  readonly #log: Log
  readonly #tokens: Tokens

  constructor(writer: BlockWriter, quarantine: Quarantine, log: Log) {
    this.#writer = writer
    this.#quarantine = quarantine
    this.#log = log
    this.#tokens = new Tokens(() => writer.uptime())
  }

  /** @throws InsertError, or what the disk says */
  async deliver(segment: Segment): Promise<Outcome> {
    const { blocks, corrupt } = segment.left ? await this.#check(segment) : await this.#read(segment)
    if (blocks.length > 0) await this.#insert(segment, blocks, await this.#tokens.next(segment))
    this.#tokens.forget(segment)
    return { stored: segment.rows - corrupt, poison: 0, corrupt }
  }

  /**
   * Inserts a segment that ClickHouse refuses in ever smaller parts, and sets the blocks aside that it refuses alone.
   * @param takesOthers whether ClickHouse has stored another segment meanwhile. Where it stores nothing at all the
   * blocks are not at fault, and none is set aside
   * @throws InsertError, or what the disk says
   */
  async deliverInParts(segment: Segment, takesOthers: boolean): Promise<Outcome> {
    const { blocks, corrupt } = await this.#check(segment)
    const refused = await this.#insertParts(segment, blocks, takesOthers)
    this.#tokens.forget(segment)
    for (const { block, error } of refused)
      await this.#quarantine.add(segment, block, block.rows, error.message)
    const poison = rowsOf(refused.map(({ block }) => block))
    return { stored: segment.rows - corrupt - poison, poison, corrupt }
  }

  /** The blocks of a segment that this process wrote: each is checked when it is sent. */
  async #read(segment: Segment): Promise<Checked> {
    const blocks = await readRecords(segment)
    if (rowsOf(blocks) === segment.rows) return { blocks, corrupt: 0 }
    throw new InsertError('the index of a segment was damaged on the disk', 'poison')
  }

  /** The blocks that are as they were written; the others are set aside. */
  async #check(segment: Segment): Promise<Checked> {
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
    return { blocks: good, corrupt: segment.rows - rowsOf(good) }
  }

  async #insertParts(
    segment: Segment,
    blocks: readonly BlockRecord[],
    takesOthers: boolean,
  ): Promise<readonly Refused[]> {
    const refused: Refused[] = []
    const parts = [blocks]
    const whole = await this.#tokens.next(segment)
    let takesSome = takesOthers
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const [first] = part
      const token = part === blocks ? whole : `${whole}-${first?.offset}-${part.length}`
      const error = await this.#tryInsert(segment, part, token)
      if (error === undefined) takesSome = true
      else if (part.length > 1) {
        const half = Math.ceil(part.length / 2)
        parts.push(part.slice(half), part.slice(0, half))
      } else refused.push({ block: first!, error })
      const suspects = parts.length === 0 ? 1 : SUSPECTS
      if (!takesSome && refused.length >= suspects) throw refused[0]!.error
    }
    return refused
  }

  /** The error where it is about what is in the blocks. */
  async #tryInsert(
    segment: Segment,
    blocks: readonly BlockRecord[],
    token: string,
  ): Promise<InsertError | undefined> {
    try {
      if (blocks.length > 0) await this.#insert(segment, blocks, token)
      return undefined
    } catch (error) {
      if (error instanceof InsertError && (error.failure === 'poison' || error.failure === 'unclear'))
        return error
      throw error
    }
  }

  #insert(segment: Segment, records: readonly BlockRecord[], token: string): Promise<void> {
    return this.#writer.insert({ path: blocksPath(segment), records, columns: segment.columns }, token)
  }
}

/** The blocks of a segment that can be sent, and the rows of the others. */
interface Checked {
  readonly blocks: readonly BlockRecord[]
  readonly corrupt: number
}

function rowsOf(blocks: readonly BlockRecord[]): number {
  return blocks.reduce((sum, { rows }) => sum + rows, 0)
}

/** A block that ClickHouse does not take alone. */
interface Refused {
  readonly block: BlockRecord
  readonly error: InsertError
}

/** Blocks that are refused one after the other, and no block is stored, until the blocks are not suspected any more. */
const SUSPECTS = 8
