import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, Agent as SecureAgent } from 'node:https'
import { text } from 'node:stream/consumers'
import { insertFailureOf, WITHOUT_MERGED_INDEXES } from '@weir/store'
import { cutText } from '@weir/store/text'
import { InsertError, rowIn } from './insert-error.ts'
import { type Piece, piecesOf, type StoredRows } from './segment-body.ts'

export interface ClickHouseTarget {
  /** Base URL of the HTTP interface; may carry `user:password@`. */
  readonly url: string
  readonly database: string
  /** Milliseconds without an answer after which an insert counts as failed. */
  readonly timeout: number
}

/** Rows of Native blocks in a file. */
export interface Rows extends StoredRows {
  /** Names of the columns. */
  readonly columns: readonly string[]
}

/** More than any segment has, so that an insert becomes one block: ClickHouse drops a block whose token it knows. */
const UNLIMITED = '1000000000000'
const SETTINGS: Readonly<Record<string, string>> = {
  min_insert_block_size_rows: UNLIMITED,
  min_insert_block_size_bytes: UNLIMITED,
  max_insert_threads: '1',
  insert_deduplicate: '1',
  // A view that missed a block of an insert that was cut off gets it from the repetition.
  deduplicate_blocks_in_dependent_materialized_views: '1',
  // A broken clock spreads spans over many months, and that must not refuse the others of the segment.
  max_partitions_per_insert_block: '0',
  async_insert: '0',
  // Replacing equal spans within an insert costs as much as the rest of it, and reading has to replace anyway.
  optimize_on_insert: '0',
  ...WITHOUT_MERGED_INDEXES,
  // The status line waits for the insert, so that 200 means done.
  wait_end_of_query: '1',
}
const MESSAGE_LIMIT = 500
/** UNKNOWN_TABLE and UNKNOWN_DATABASE. */
const MISSING = new Set([60, 81])
/** They queue what is inserted for settling: what `spans` takes before they are there would never become runs. */
const COUNT_VIEWS = `SELECT count() FROM system.tables
  WHERE database = currentDatabase() AND name IN ('unsettled_traces_from_spans', 'run_traces_from_spans')`
const VIEWS = 2

/** Inserts Native blocks over ClickHouse's HTTP interface. */
export class ClickHouseWriter {
  readonly #url: URL
  readonly #headers: Readonly<Record<string, string>>
  readonly #agent: Agent
  readonly #timeout: number
  #isClosed = false
  /** Tables were missing when they were last needed: they may be half made when the table of spans is there. */
  #wereMissing = false

  constructor({ url, database, timeout }: ClickHouseTarget) {
    this.#url = new URL(url)
    const { username, password } = this.#url
    this.#headers = {
      'x-clickhouse-database': database,
      'x-clickhouse-user': decodeURIComponent(username) || 'default',
      'x-clickhouse-key': decodeURIComponent(password),
    }
    this.#url.username = this.#url.password = ''
    this.#agent = this.#isSecure ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true })
    this.#timeout = timeout
  }

  /**
   * Inserts rows into `spans`; resolves once ClickHouse has them.
   * @param token the same for every try of the same rows: ClickHouse stores them once
   * @throws InsertError
   */
  async insert(rows: Rows, token: string): Promise<void> {
    if (this.#isClosed) throw new InsertError('inserts have ended', 'away')
    if (this.#wereMissing && (await this.#ask(COUNT_VIEWS)) < VIEWS)
      throw new InsertError('the tables are not there yet', 'busy')
    this.#wereMissing = false
    const columns = rows.columns.map((name) => `\`${name}\``).join(', ')
    const query = `INSERT INTO spans (${columns}) FORMAT Native`
    const settings = new URLSearchParams({ query, insert_deduplication_token: token, ...SETTINGS })
    const response = await this.#respond(`?${settings}`, rows)
    const answer = await text(response).catch((cause: Error) => {
      throw new InsertError(`ClickHouse's answer broke off: ${cause.message}`, 'away', { cause })
    })
    const { statusCode = 0, headers } = response
    const code = headers['x-clickhouse-exception-code'] ?? /^Code: (\d+)\./.exec(answer)?.[1]
    if (statusCode === 200 && code === undefined) return
    const exceptionCode = code === undefined ? undefined : Number(code)
    this.#wereMissing = exceptionCode !== undefined && MISSING.has(exceptionCode)
    throw new InsertError(
      `ClickHouse answered ${statusCode}: ${cutText(answer, MESSAGE_LIMIT).trim()}`,
      insertFailureOf(statusCode, exceptionCode),
      { exceptionCode, row: rowIn(answer) },
    )
  }

  /**
   * Milliseconds since the server was started.
   * @throws InsertError
   */
  async uptime(): Promise<number> {
    return (await this.#ask('SELECT uptime()')) * 1000
  }

  /** The one number that a query answers. */
  async #ask(query: string): Promise<number> {
    if (this.#isClosed) throw new InsertError('inserts have ended', 'away')
    const url = new URL(`?${new URLSearchParams({ query })}`, this.#url)
    const signal = AbortSignal.timeout(this.#timeout)
    const response = await fetch(url, { headers: this.#headers, signal }).catch((cause: Error) => {
      const at = this.#url.origin
      throw new InsertError(`ClickHouse at ${at} cannot be reached: ${cause.message}`, 'away', { cause })
    })
    const answer = await response.text().catch(() => '')
    if (response.ok && answer !== '') return Number(answer)
    throw new InsertError(`ClickHouse answered ${response.status} when asked for ${query}`, 'busy')
  }

  /** Ends the inserts that are under way, and begins no more. */
  close(): void {
    this.#isClosed = true
    this.#agent.destroy()
  }

  get #isSecure(): boolean {
    return this.#url.protocol === 'https:'
  }

  #respond(path: string, rows: StoredRows): Promise<IncomingMessage> {
    const begin = this.#isSecure ? httpsRequest : httpRequest
    const options = { method: 'POST', headers: this.#headers, agent: this.#agent }
    return new Promise((resolve, reject) => {
      const request = begin(new URL(path, this.#url), options, resolve)
      request.setTimeout(this.#timeout, () => {
        request.destroy(new Error(`no answer for ${this.#timeout} ms`))
      })
      const fail = (cause: Error) => {
        if (cause instanceof InsertError) return reject(cause)
        const at = this.#url.origin
        reject(new InsertError(`ClickHouse at ${at} cannot be reached: ${cause.message}`, 'away', { cause }))
      }
      request.on('error', fail)
      send(request, piecesOf(rows)).catch((cause: Error) => {
        request.destroy(cause)
        fail(cause)
      })
    })
  }
}

/** Sends a body of pieces, each of which has left the memory that it is in before the next one is asked for. */
async function send(request: ClientRequest, pieces: AsyncIterable<Piece>): Promise<void> {
  for await (const { bytes } of pieces) await written(request, bytes)
  request.end()
}

function written(request: ClientRequest, piece: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const closed = () => reject(new Error('the connection was closed'))
    request.once('close', closed)
    request.write(piece, (error) => {
      request.off('close', closed)
      if (error) reject(error)
      else resolve()
    })
  })
}
