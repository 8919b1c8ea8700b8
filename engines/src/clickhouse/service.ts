import { mkdirSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { authenticate } from './authentication.ts'
import { type Limits, readWork, type Work } from './body.ts'
import { Engine } from './engine.ts'
import { exception, toException } from './exception.ts'
import { refuseForbidden } from './forbidden.ts'
import { refuseBrowsers } from './guard.ts'
import { type HttpRequest, readBody, readForm, readRequest } from './http-request.ts'
import { runWork } from './query.ts'
import { sendException, sendResult } from './response.ts'
import { Slots } from './slots.ts'

// More would only take memory: the engine uses all cores for one query.
const CONCURRENT_QUERIES = 8

/** After these a database may be gone. */
const TAKING_AWAY = new Set(['DROP', 'DETACH', 'RENAME'])

/** What a service is started with. */
export interface ServiceOptions {
  /** The data directory. */
  readonly path: string
  /** The address that it listens on. */
  readonly host: string
  /** Of the user `weir`; undefined: none is asked for. */
  readonly password: string | undefined
  readonly limits: Limits
  /** How long to wait for a process that has the directory open, in ms. */
  readonly timeoutMs: number
}

/** Answers the requests of ClickHouse's HTTP interface. */
export class Service {
  readonly #engine: Engine
  readonly #host: string
  readonly #password: string | undefined
  readonly #limits: Limits
  readonly #slots = new Slots(CONCURRENT_QUERIES)
  readonly #handling = new Set<Promise<void>>()
  readonly #running = new Set<string>()
  readonly #spool: string

  private constructor(engine: Engine, { path, host, password, limits }: ServiceOptions) {
    this.#engine = engine
    this.#host = host
    this.#password = password
    this.#limits = limits
    this.#spool = join(path, 'spool')
    // What a killed process left there was never acknowledged.
    rmSync(this.#spool, { recursive: true, force: true })
    mkdirSync(this.#spool)
  }

  static async start(options: ServiceOptions): Promise<Service> {
    return new Service(await Engine.open(options.path, options.timeoutMs), options)
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const handling = this.#handle(request, response)
    this.#handling.add(handling)
    void handling.finally(() => this.#handling.delete(handling))
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => {})
    response.on('error', () => {})
    try {
      refuseBrowsers(request, this.#host)
      if (isPing(request)) {
        response.end('Ok.\n')
        return
      }
      if (this.#password !== undefined) authenticate(request, this.#password)
      await this.#query(request, response)
    } catch (error) {
      if (!response.destroyed) sendException(response, toException(error))
    }
  }

  async #query(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = await readForm(request, this.#limits.statement)
    const http = readRequest(request, form)
    response.setHeader('X-ClickHouse-Query-Id', http.queryId)
    response.setHeader('X-ClickHouse-Server-Display-Name', 'weir-embedded')
    const body = form ? Readable.from([]) : readBody(request)
    const work = await readWork(http.query, body, this.#spool, this.#limits)
    await using _spool = work.spool
    refuseForbidden(work.sql)
    if (this.#running.has(http.queryId)) {
      const text = `Query with id = ${http.queryId} is already running`
      throw exception(216, 'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING', text)
    }
    this.#running.add(http.queryId)
    try {
      await this.#run(http, work, response)
    } finally {
      this.#running.delete(http.queryId)
    }
  }

  async #run(http: HttpRequest, work: Work, response: ServerResponse): Promise<void> {
    if (response.destroyed) return
    const gone = new AbortController()
    response.on('close', () => {
      if (response.writableFinished) return
      gone.abort(new Error('the client closed the connection'))
      void this.#killUntilEnded(http.queryId)
    })
    const release = await this.#slots.take(gone.signal)
    try {
      using session = await this.#engine.session(http)
      gone.signal.throwIfAborted()
      const format = work.statement.format?.name ?? http.defaultFormat
      const output = runWork(session, work, http.defaultFormat, this.#spool)
      const hasEnded = await sendResult(response, { format, encoding: http.encoding }, output)
      if (hasEnded && work.statement.keyword === 'SELECT') this.#engine.keep(session)
      if (TAKING_AWAY.has(work.statement.keyword)) this.#engine.closeIdle()
    } finally {
      release()
    }
  }

  /** Again and again, since a query can be between its acceptance and the engine's list. */
  async #killUntilEnded(queryId: string): Promise<void> {
    while (this.#running.has(queryId)) {
      await this.#engine.kill(queryId)
      await sleep(200)
    }
  }

  async endMerges(): Promise<void> {
    await this.#engine.endMerges()
  }

  async close(): Promise<void> {
    await Promise.all(this.#handling)
    await this.#engine.close()
  }
}

function isPing({ url, method }: IncomingMessage): boolean {
  return (url === '/' && method === 'GET') || /^\/(ping|replicas_status)(\?|$)/.test(url ?? '')
}
