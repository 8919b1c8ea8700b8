import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DirectoryInUseError } from '@weir/config'
import { drainPending, Session } from 'chdb'
import { EngineStartError } from '../errors.ts'
import { LOADER_ROLE } from './access.ts'
import { lockForGood } from './directory-lock.ts'
import { engineArguments } from './engine-arguments.ts'
import { toException } from './exception.ts'
import { yieldMerges } from './merge-priority.ts'

/** How long merges may take to notice that they are to end; closing the engine waits for them in any case. */
const MERGES_MS = 2_000

/** What one request asks of the engine besides its statement. */
export interface Context {
  readonly queryId: string
  readonly database: string | undefined
  readonly settings: ReadonlyMap<string, string>
  /** Values of `{name:Type}` parameters, in the escaped form of the HTTP interface. */
  readonly parameters: ReadonlyMap<string, string>
}

/** A statement's result: whole, or block by block. */
export type Output = AsyncIterable<Uint8Array>

/** Sessions that wait for a request. */
const MOST_IDLE = 16
/** Characters of settings and parameters of one of them. */
const MOST_KEPT = 65_536

/**
 * The engine on one data directory. No two requests have a session at the same time. What was set in one never reaches a request
 * that does not set the same: a session is used again only where database, settings and names of parameters are the same.
 */
export class Engine {
  readonly #path: string
  readonly #keeper: Session
  /** Those that were used last are at the end. */
  readonly #idle: { readonly key: string; readonly session: Session }[] = []

  private constructor(path: string, keeper: Session) {
    this.#path = path
    this.#keeper = keeper
  }

  /** Waits up to `timeoutMs` for another process that has the directory open. */
  static async open(path: string, timeoutMs: number): Promise<Engine> {
    try {
      mkdirSync(path, { recursive: true })
      await lockForGood(path, timeoutMs)
      const keeper = new Session(path, { connectionArgs: engineArguments(path) })
      await yieldMerges(keeper)
      return new Engine(path, keeper)
    } catch (cause) {
      throw openError(path, cause)
    }
  }

  async session(context: Context): Promise<EngineSession> {
    const key = keyOf(context)
    return (await this.#again(key, context)) ?? (await this.#open(key, context))
  }

  /** Setting up a session takes as long as a short query: one of the same kind needs its parameters only. */
  async #again(key: string | undefined, context: Context): Promise<EngineSession | undefined> {
    const at = this.#idle.findLastIndex((idle) => idle.key === key)
    const [{ session } = {}] = at < 0 ? [] : this.#idle.splice(at, 1)
    if (session === undefined) return undefined
    try {
      await session.queryAsync(`SET ${assignments(parametersOf(context))}`)
      return new EngineSession(session, key)
    } catch {
      // A setting that it has, such as `readonly`, may not allow that.
      session.close()
      return undefined
    }
  }

  async #open(key: string | undefined, context: Context): Promise<EngineSession> {
    const session = new Session(this.#path)
    try {
      for (const statement of preamble(context)) await session.queryAsync(statement)
      await session.queryAsync('SET ROLE NONE')
      if (context.database) await session.queryAsync(`USE ${quoteName(context.database)}`)
      return new EngineSession(session, key)
    } catch (error) {
      session.close()
      throw toException(error)
    }
  }

  /** Takes back a session whose request was answered, and changed nothing of it. */
  keep(session: EngineSession): void {
    const idle = session.release()
    if (idle === undefined) return
    this.#idle.push(idle)
    if (this.#idle.length > MOST_IDLE) this.#idle.shift()!.session.close()
  }

  /** Ends a running query; without effect when it has not begun, or has ended. */
  async kill(queryId: string): Promise<void> {
    using session = new Session(this.#path)
    await session
      .queryAsync(`KILL QUERY WHERE Settings['log_comment'] = ${quoteString(queryId)} ASYNC`)
      .catch(() => {})
  }

  /** Ends the background merges, which would make the end of queries and of the engine slow, and starts no more. */
  async endMerges(): Promise<void> {
    using session = new Session(this.#path)
    await session.queryAsync('SYSTEM STOP MERGES')
    const running = async () =>
      (await session.queryAsync('SELECT count() FROM system.merges', { format: 'TSV' })).text()
    for (let waited = 0; waited < MERGES_MS && (await running()).trim() !== '0'; waited += 50) await sleep(50)
  }

  /** A session would not notice that its database is gone. */
  closeIdle(): void {
    for (const { session } of this.#idle.splice(0)) session.close()
  }

  async close(): Promise<void> {
    this.closeIdle()
    await drainPending()
    this.#keeper.close()
    await drainPending()
  }
}

/** One request's session. */
export class EngineSession {
  readonly #session: Session
  #key: string | undefined
  #isKept = false

  /** @param key whether others can use it after this request, and which; undefined: none */
  constructor(session: Session, key: string | undefined) {
    this.#session = session
    this.#key = key
  }

  /** Runs a statement off the event loop and returns its whole output. */
  async run(sql: string, format: string): Promise<Uint8Array> {
    try {
      return (await this.#session.queryAsync(sql, { format })).bytes()
    } catch (error) {
      throw toException(error)
    }
  }

  /** Lets the statements that follow read files. For those that are made here, never for one of a request. */
  async becomeLoader(): Promise<void> {
    this.#key = undefined
    await this.#session.queryAsync(`SET ROLE ${LOADER_ROLE}`)
  }

  /** Runs a SELECT and yields its output while it runs; the consumer's pace is the engine's. */
  async *stream(sql: string, format: string): Output {
    try {
      for await (const block of this.#session.queryStream(sql, { format })) yield block.raw()
    } catch (error) {
      throw toException(error)
    }
  }

  /** Undefined: it must not be used again. */
  release(): { readonly key: string; readonly session: Session } | undefined {
    if (this.#key === undefined) return undefined
    this.#isKept = true
    return { key: this.#key, session: this.#session }
  }

  [Symbol.dispose](): void {
    if (!this.#isKept) this.#session.close()
  }
}

/** What sessions have to have in common. Undefined: it would keep too much in memory while it waits. */
function keyOf({ database, settings, parameters }: Context): string | undefined {
  const size = [...settings, ...parameters].reduce((sum, [, value]) => sum + value.length, 0)
  if (size > MOST_KEPT) return undefined
  return JSON.stringify([database ?? '', [...settings], [...parameters.keys()].sort()])
}

function preamble(context: Context): string[] {
  const all = [...context.settings].map(([name, value]) => [quoteName(name), value] as const)
  const statement = `SET ${assignments([...all, ...parametersOf(context)])}`
  if (statement.length < DEFAULT_MAX_QUERY_SIZE / 4) return [statement]
  // Large parameters are no part of the query, so its size limit is not theirs.
  const limit = context.settings.get('max_query_size') ?? String(DEFAULT_MAX_QUERY_SIZE)
  return [
    `SET max_query_size = ${statement.length * 4}`,
    `${statement}, max_query_size = ${quoteString(limit)}`,
  ]
}

/** The query id is also the log comment, by which {@link Engine.kill} finds the query. */
function parametersOf({ parameters, queryId }: Context): (readonly [name: string, value: string])[] {
  return [
    ...[...parameters].map(([name, value]) => [`param_${name}`, value] as const),
    ['log_comment', queryId],
  ]
}

function assignments(values: Iterable<readonly [name: string, value: string]>): string {
  return Array.from(values, ([name, value]) => `${name} = ${quoteString(value)}`).join(', ')
}

const DEFAULT_MAX_QUERY_SIZE = 262_144

export function quoteString(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

export function quoteName(text: string): string {
  return `\`${text.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
}

function openError(path: string, cause: unknown): Error {
  if (cause instanceof DirectoryInUseError) return cause
  const owner = ownerOf(path)
  if (owner !== undefined) return new DirectoryInUseError(path, owner, { cause })
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new EngineStartError(`could not open the ClickHouse data directory ${path}: ${reason}`, { cause })
}

/** The engine writes its process id into the directory's status file, and keeps that locked while it runs. */
function ownerOf(path: string): string | undefined {
  try {
    const pid = Number(/^PID: (\d+)/m.exec(readFileSync(join(path, 'status'), 'utf8'))?.[1])
    process.kill(pid, 0)
    return `process ${pid}`
  } catch {
    return undefined
  }
}
