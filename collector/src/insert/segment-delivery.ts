import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Log } from '../log.ts'
import { checkBlocks, readRecords } from '../wal/check-blocks.ts'
import type { Outcome } from '../wal/ledger.ts'
import type { Quarantine } from '../wal/quarantine.ts'
import { blocksPath, partsPath, type Segment } from '../wal/segment.ts'
import type { Rows } from './clickhouse-writer.ts'
import { InsertError } from './insert-error.ts'
import { joined, type Part, rowsOf, wholeBlocks } from './part.ts'
import { PartJournal } from './part-journal.ts'
import { isDivisible, piecesOf } from './segment-body.ts'
import { type Refused, SplitInsert } from './split-insert.ts'
import { Tokens } from './tokens.ts'

/** Where rows go. */
export interface RowWriter {
  insert(rows: Rows, token: string): Promise<void>
  /** Milliseconds since the server was started. */
  uptime(): Promise<number>
}

/** Inserts segments. */
export class SegmentDelivery {
  readonly #writer: RowWriter
  readonly #quarantine: Quarantine
  readonly #log: Log
  readonly #tokens: Tokens

  constructor(writer: RowWriter, quarantine: Quarantine, log: Log) {
    this.#writer = writer
    this.#quarantine = quarantine
    this.#log = log
    this.#tokens = new Tokens(() => writer.uptime())
  }

  /** @throws InsertError, or what the disk says */
  async deliver(segment: Segment): Promise<Outcome> {
    const { part, corrupt } = segment.recovered ? await this.#check(segment) : await this.#read(segment)
    if (part.length > 0) await this.#insert(segment, part, await this.#tokens.next(segment))
    this.#tokens.forget(segment)
    return { stored: segment.rows - corrupt, poison: 0, corrupt }
  }

  /** Whether an earlier process began to deliver it in parts: some may be stored, so that the whole must not be. */
  isInParts(segment: Segment): boolean {
    return existsSync(partsPath(segment))
  }

  /**
   * Inserts a segment that ClickHouse refuses in ever smaller parts, and sets the rows aside that it refuses alone.
   * @param takesOthers whether ClickHouse has stored another segment meanwhile. Where it stores nothing at all the
   * rows are not at fault, and none is set aside
   * @param budget inserts after which parts that are refused are set aside as they are
   * @throws InsertError, or what the disk says
   */
  async deliverInParts(segment: Segment, takesOthers: boolean, budget: number): Promise<Outcome> {
    const { part, corrupt } = await this.#check(segment)
    const refused = await this.#insertParts(segment, part, takesOthers, budget)
    this.#tokens.forget(segment)
    for (const [group, { parts, reason }] of groupsOf(refused)) {
      const pieces = piecesOf({ path: blocksPath(segment), part: joined(parts) })
      await this.#quarantine.addRows(segment, group, pieces, reason)
    }
    const poison = refused.reduce((sum, { part: rows }) => sum + rowsOf(rows), 0)
    return { stored: segment.rows - corrupt - poison, poison, corrupt }
  }

  /** The rows of a segment that this process wrote: each block is checked when it is sent. */
  async #read(segment: Segment): Promise<Checked> {
    const part = wholeBlocks(await readRecords(segment))
    if (rowsOf(part) === segment.rows) return { part, corrupt: 0 }
    throw new InsertError('the index of a segment was damaged on the disk', 'poison')
  }

  /** The rows of blocks that are as they were written; the others are set aside. */
  async #check(segment: Segment): Promise<Checked> {
    const { good, damaged, tornBytes } = await checkBlocks(segment)
    if (tornBytes > 0) {
      this.#log.warn(
        { segment: segment.name, bytes: tornBytes },
        'the end of a segment was not written whole',
      )
    }
    for (const { rows, ...range } of damaged) await this.#quarantine.addDamaged(segment, range, rows)
    const part = wholeBlocks(good)
    return { part, corrupt: segment.rows - rowsOf(part) }
  }

  async #insertParts(
    segment: Segment,
    whole: Part,
    takesOthers: boolean,
    budget: number,
  ): Promise<readonly Refused[]> {
    if (whole.length === 0) return []
    const token = await this.#tokens.next(segment)
    const journal = await PartJournal.open(partsPath(segment))
    const split = new SplitInsert({
      insert: (part, name) => this.#insert(segment, part, `${token}-${name}`),
      isDivisible: (range) => isDivisible(blocksPath(segment), range),
      journal,
      takesOthers,
      budget,
    })
    try {
      return await split.run(whole)
    } catch (error) {
      // Nothing is stored, and none of the rows is at fault: all of them are tried again.
      if (!split.storesSome) await rm(partsPath(segment), { force: true })
      throw error
    }
  }

  #insert(segment: Segment, part: Part, token: string): Promise<void> {
    return this.#writer.insert({ path: blocksPath(segment), part, columns: segment.columns }, token)
  }
}

/** What is set aside in one file: what one error of ClickHouse is about, or a block that cannot be read. */
function groupsOf(refused: readonly Refused[]): Map<string, { parts: Part[]; reason: string }> {
  const groups = new Map<string, { parts: Part[]; reason: string }>()
  for (const { part, error, isBlock } of refused) {
    const name = isBlock ? String(part[0]!.block.offset) : `refused-${error.exceptionCode ?? 'unknown'}`
    const group = groups.get(name)
    if (group) group.parts.push(part)
    else groups.set(name, { parts: [part], reason: error.message })
  }
  return groups
}

/** The rows of a segment that can be sent, and how many others there are. */
interface Checked {
  readonly part: Part
  readonly corrupt: number
}
