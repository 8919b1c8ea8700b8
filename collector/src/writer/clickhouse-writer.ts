import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, Agent as SecureAgent } from 'node:https'
import { text } from 'node:stream/consumers'
import { SPAN_COLUMNS } from '@weir/store'
import { InsertError } from './insert-error.ts'

export interface ClickHouseTarget {
  /** Base URL of the HTTP interface; may carry `user:password@`. */
  readonly url: string
  readonly database: string
  /** Milliseconds without an answer after which an insert counts as failed. */
  readonly timeout: number
}

const SETTINGS: Readonly<Record<string, string>> = {
  // A broken clock spreads spans over many months, and that must not refuse the others of the batch.
  max_partitions_per_insert_block: '0',
  async_insert: '0',
  // Replacing equal spans within an insert costs as much as the rest of it, and reading has to replace anyway.
  optimize_on_insert: '0',
  // The status line waits for the insert, so that 200 means done.
  wait_end_of_query: '1',
}
const INSERT = `INSERT INTO spans (${SPAN_COLUMNS.map(({ name }) => name).join(', ')}) FORMAT Native`
const MESSAGE_LIMIT = 500

/** Inserts Native blocks over ClickHouse's HTTP interface. */
export class ClickHouseWriter {
  readonly #url: URL
  readonly #headers: Readonly<Record<string, string>>
  readonly #agent: Agent
  readonly #timeout: number

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
   * Inserts a stream of Native blocks into `spans`; resolves once ClickHouse has it.
   * @param token the same for every try of the same blocks: ClickHouse stores them once
   * @throws InsertError
   */
  async insert(blocks: Buffer, token: string): Promise<void> {
    const settings = new URLSearchParams({ query: INSERT, insert_deduplication_token: token, ...SETTINGS })
    await this.#send('POST', `?${settings}`, blocks)
  }

  /** @throws InsertError where ClickHouse does not answer */
  async ping(): Promise<void> {
    await this.#send('GET', 'ping')
  }

  close(): void {
    this.#agent.destroy()
  }

  get #isSecure(): boolean {
    return this.#url.protocol === 'https:'
  }

  async #send(method: string, path: string, body?: Buffer): Promise<void> {
    const response = await this.#respond(method, path, body)
    const answer = await text(response).catch((cause: Error) => {
      throw new InsertError(`ClickHouse's answer broke off: ${cause.message}`, {
        cause,
        unknownOutcome: true,
      })
    })
    if (response.statusCode === 200 && response.headers['x-clickhouse-exception-code'] === undefined) return
    throw new InsertError(
      `ClickHouse answered ${response.statusCode}: ${answer.slice(0, MESSAGE_LIMIT).trim()}`,
    )
  }

  #respond(method: string, path: string, body?: Buffer): Promise<IncomingMessage> {
    const send = this.#isSecure ? httpsRequest : httpRequest
    const headers = body ? { ...this.#headers, 'content-length': body.length } : this.#headers
    return new Promise((resolve, reject) => {
      const request = send(new URL(path, this.#url), { method, headers, agent: this.#agent }, resolve)
      request.setTimeout(this.#timeout, () => {
        request.destroy(new Error(`no answer for ${this.#timeout} ms`))
      })
      request.on('error', (cause: NodeJS.ErrnoException) => {
        const unknownOutcome = cause.code !== 'ECONNREFUSED' && cause.code !== 'ENOTFOUND'
        const at = this.#url.origin
        reject(
          new InsertError(`ClickHouse at ${at} cannot be reached: ${cause.message}`, {
            cause,
            unknownOutcome,
          }),
        )
      })
      request.end(body)
    })
  }
}
