import { randomBytes } from 'node:crypto'
import { openedAt, type Segment } from '../wal/segment.ts'

interface Token {
  readonly text: string
  /** Of the monotonic clock. */
  readonly since: number
}

/** ClickHouse tells its uptime in whole seconds. */
const MARGIN = 2_000

/**
 * The tokens by which ClickHouse knows a repeated insert. One is used again only while the server is the one that it was
 * used with first: a MergeTree table writes down a token before it has the rows, so that a server that is killed between
 * the two knows the token and has lost the rows (MergeTreeSink::commitPart). After that, the insert is repeated with
 * another token, and rows that it had come twice: as spans of the same ids they count once.
 */
export class Tokens {
  readonly #uptime: () => Promise<number>
  readonly #tokens = new Map<string, Token>()

  /** @param uptime milliseconds since the server was started */
  constructor(uptime: () => Promise<number>) {
    this.#uptime = uptime
  }

  /** The token for the next try of a segment. */
  async next(segment: Segment): Promise<string> {
    const { name } = segment
    const known = this.#tokens.get(name)
    if (known === undefined && !segment.recovered)
      return this.#use({ text: name, since: performance.now() }, name)
    const { text, since } = known ?? { text: name, since: sinceOf(name) }
    const startedAt = performance.now() - (await this.#uptime())
    if (startedAt < since - MARGIN) return this.#use({ text, since }, name)
    return this.#use({ text: `${name}-${randomBytes(6).toString('hex')}`, since: performance.now() }, name)
  }

  /** The segment is stored. */
  forget({ name }: Segment): void {
    this.#tokens.delete(name)
  }

  #use(token: Token, name: string): string {
    this.#tokens.set(name, token)
    return token.text
  }
}

/** When another process opened a segment, by the monotonic clock of this one. Where the clock was set back since, that is not known. */
function sinceOf(name: string): number {
  const age = Date.now() - openedAt(name)
  return age < 0 ? Number.NEGATIVE_INFINITY : performance.now() - age
}
