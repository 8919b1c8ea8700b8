import { appendFile, readFile } from 'node:fs/promises'
import type { InsertFailure } from '@weir/store'
import { InsertError } from './insert-error.ts'

/** What ClickHouse said about a part: the error where it refused it for its content. */
export interface PartOutcome {
  readonly error: InsertError | undefined
}

/** A line of the file. The reason is there once for each code. */
interface Line {
  readonly part: string
  readonly refused?: {
    readonly failure: InsertFailure
    readonly code?: number
    readonly row?: number
    readonly reason?: string
  }
}

/**
 * What became of the parts of a segment that is split, by their names: a process that goes on with it asks ClickHouse
 * for nothing that it has answered, so that what is stored is not sent again when ClickHouse has forgotten its token.
 *
 * Not synced: what a power cut takes of it is asked again, with the same token.
 */
export class PartJournal {
  readonly #path: string
  readonly #outcomes: Map<string, PartOutcome>
  readonly #reasons = new Map<number | undefined, string>()

  private constructor(path: string, outcomes: Map<string, PartOutcome>) {
    this.#path = path
    this.#outcomes = outcomes
  }

  static async open(path: string): Promise<PartJournal> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw error
    })
    const journal = new PartJournal(path, new Map())
    // The last line may not be whole, or be followed by what was appended after it.
    for (const line of text.split('\n')) journal.#read(parse(line))
    return journal
  }

  get(part: string): PartOutcome | undefined {
    return this.#outcomes.get(part)
  }

  async add(part: string, outcome: PartOutcome): Promise<void> {
    this.#outcomes.set(part, outcome)
    const { error } = outcome
    const line: Line = error === undefined ? { part } : { part, refused: this.#describe(error) }
    await appendFile(this.#path, `\n${JSON.stringify(line)}`, { mode: 0o600 })
  }

  #describe({ failure, exceptionCode: code, row, message }: InsertError): NonNullable<Line['refused']> {
    const isNew = !this.#reasons.has(code)
    if (isNew) this.#reasons.set(code, message)
    return {
      failure,
      ...(code !== undefined && { code }),
      ...(row !== undefined && { row }),
      ...(isNew && { reason: message }),
    }
  }

  #read(line: Line | undefined): void {
    if (line === undefined) return
    const { part, refused } = line
    if (refused === undefined) {
      this.#outcomes.set(part, { error: undefined })
      return
    }
    const { failure, code, row, reason } = refused
    if (reason !== undefined) this.#reasons.set(code, reason)
    const error = new InsertError(this.#reasons.get(code) ?? 'refused', failure, { exceptionCode: code, row })
    this.#outcomes.set(part, { error })
  }
}

function parse(line: string): Line | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as Line)
  } catch {
    return undefined
  }
}
