import { setTimeout as sleep } from 'node:timers/promises'
import { InsertError, isOfColumns } from './insert-error.ts'
import { halvesOf, isWhole, nameOf, type Part, type RowRange, rowsOf, withoutRow } from './part.ts'
import type { PartOutcome } from './part-journal.ts'

/** Rows that ClickHouse refuses for their content. */
export interface Refused {
  readonly part: Part
  readonly error: InsertError
  /** It is one block, whose rows cannot be told apart. */
  readonly isBlock: boolean
}

export interface SplitOptions {
  /** @throws InsertError */
  readonly insert: (part: Part, name: string) => Promise<void>
  /** Whether rows of the block can be sent without the others. */
  readonly isDivisible: (range: RowRange) => Promise<boolean>
  /** What is known of parts from an earlier try. */
  readonly journal: {
    get(part: string): PartOutcome | undefined
    add(part: string, outcome: PartOutcome): Promise<void>
  }
  /** Whether ClickHouse has stored other rows meanwhile, so that the rows are at fault. */
  readonly takesOthers: boolean
  /** Inserts after which parts that are refused are not divided any more. */
  readonly budget: number
}

type Refusal = Pick<Refused, 'part' | 'error'>

/** Rows that are refused one after the other, and none is stored, until the rows are not suspected any more. */
const SUSPECTS = 8
/** Beyond this many rows a part is halved, though ClickHouse names the row at fault: each try sends all of the part. */
const NAMED_ROWS = 1024
/** Inserts that follow each other at once. Later ones leave ClickHouse as much time for others as they take. */
const FAST_INSERTS = 100
const LONGEST_PAUSE = 1_000

/**
 * Inserts rows that ClickHouse refuses together in ever smaller parts, until those at fault are alone; the others are
 * stored. k of n rows take about 2k inserts where ClickHouse names the row at fault, else about 2k log2(n / k).
 *
 * The parts are halves of halves: the same ones in every try, so that each has its own token.
 */
export class SplitInsert {
  readonly #options: SplitOptions
  readonly #refused: Refused[] = []
  #inserts = 0
  /** Whether blocks are divisible, by their offsets. */
  readonly #divisible = new Map<number, boolean>()
  /**
   * Whether one of the parts is stored. The order of the parts depends on nothing else, so that whoever goes on begins
   * with the part whose answer was lost, while ClickHouse knows its token.
   */
  storesSome = false
  /** Until ClickHouse names a row that it takes alone. */
  #believesRows = true

  constructor(options: SplitOptions) {
    this.#options = options
  }

  /**
   * The rows that are refused.
   * @throws InsertError where ClickHouse cannot be asked, or refuses rows and has stored none at all
   */
  async run(whole: Part): Promise<readonly Refused[]> {
    const parts = [whole]
    let goesDeep = false
    while (parts.length > 0) {
      // Large parts first, so that most rows are stored soon. As long as none is, to single rows here and there.
      const part = goesDeep ? parts.pop()! : parts.shift()!
      const left = await this.#insert(part)
      const isDivided = left !== undefined && (await this.#isToDivide(left))
      if (isDivided) parts.push(...halvesOf(left.part))
      else if (left !== undefined) await this.#refuse(left, parts.length === 0)
      goesDeep = isDivided && !this.storesSome
    }
    return this.#refused
  }

  /** What is refused of a part without the rows that ClickHouse names. */
  async #insert(part: Part): Promise<Refusal | undefined> {
    let rest = part
    let error = await this.#try(rest)
    while (error !== undefined && (await this.#namesRow(rest, error))) {
      const { row, others } = withoutRow(rest, error.row! - 1)
      const refusal = await this.#try(row)
      if (refusal === undefined) this.#believesRows = false
      else await this.#refuse({ part: row, error: refusal }, false)
      rest = others
      error = await this.#try(rest)
    }
    return error === undefined ? undefined : { part: rest, error }
  }

  async #namesRow(part: Part, { row }: InsertError): Promise<boolean> {
    if (row === undefined || this.#isSpent) return false
    const rows = rowsOf(part)
    return row >= 1 && row <= rows && rows > 1 && rows <= NAMED_ROWS && (await this.#isDivisible(part))
  }

  async #isToDivide({ part, error }: Refusal): Promise<boolean> {
    if (this.#isSpent || isOfColumns(error) || rowsOf(part) <= 1) return false
    return part.length > 1 || (await this.#isDivisible(part))
  }

  async #isDivisible(part: Part): Promise<boolean> {
    for (const range of part) {
      const { offset } = range.block
      const isDivisible = this.#divisible.get(offset) ?? (await this.#options.isDivisible(range))
      this.#divisible.set(offset, isDivisible)
      if (!isDivisible) return false
    }
    return true
  }

  get #isSpent(): boolean {
    return this.#inserts >= this.#options.budget
  }

  async #refuse(refusal: Refusal, isLast: boolean): Promise<void> {
    const { part } = refusal
    const isBlock = part.length === 1 && isWhole(part[0]!) && !(await this.#isDivisible(part))
    this.#refused.push({ ...refusal, isBlock })
    const areAtFault = this.storesSome || this.#options.takesOthers
    if (!areAtFault && this.#refused.length >= (isLast ? 1 : SUSPECTS)) throw this.#refused[0]!.error
  }

  /** The error where it is about what is in the rows. */
  async #try(part: Part): Promise<InsertError | undefined> {
    if (part.length === 0) return undefined
    const name = nameOf(part)
    const known = this.#options.journal.get(name)
    const { error } = known ?? (await this.#ask(part, name))
    if (known === undefined) await this.#options.journal.add(name, { error })
    if (error === undefined) this.storesSome = true
    return error
  }

  async #ask(part: Part, name: string): Promise<PartOutcome> {
    const began = performance.now()
    this.#inserts += 1
    const error = await this.#options.insert(part, name).then(
      () => undefined,
      (failed: unknown) => {
        if (failed instanceof InsertError && failed.isOfContent) return failed
        throw failed
      },
    )
    if (this.#inserts > FAST_INSERTS) await sleep(Math.min(performance.now() - began, LONGEST_PAUSE))
    // The journal has what is believed, so that the part is divided in the same way by whoever reads it. Where nothing
    // is stored yet, halves say sooner whether something is.
    return { error: this.storesSome && this.#believesRows ? error : error?.withoutRow() }
  }
}
