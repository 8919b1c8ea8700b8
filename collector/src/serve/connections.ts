import type { Log } from '../log.ts'
import { maxDescriptors } from './descriptors.ts'

const MAX_CONNECTIONS = 10_000
/** Descriptors for everything else: the log's files, connections to ClickHouse, libraries, and what is being closed. */
const RESERVED = 64

/** As many as the process may have open beside all else that it opens. */
export function maxConnections(descriptors: number = maxDescriptors()): number {
  return Math.min(Math.max(descriptors - RESERVED, Math.floor(descriptors / 2)), MAX_CONNECTIONS)
}

interface Connection {
  readonly close: () => void
  /** Of each request that is not answered yet: whether all of it has come. */
  readonly requests: Set<() => boolean>
}

/**
 * The connections of all servers. At the limit, a new one takes the place of the one that has been idle for the longest
 * time. Where none is idle, it takes the place of the one that has been sending a request for the longest time. So
 * whoever opens connections and does not use them keeps nobody out.
 */
export class Connections {
  readonly #limit: number
  readonly #log: Log
  /** In the order in which they became idle. */
  readonly #idle = new Map<object, Connection>()
  /** With requests, in the order of their first ones. */
  readonly #active = new Map<object, Connection>()

  constructor(limit: number, log: Log) {
    this.#limit = limit
    this.#log = log
  }

  /** @param close ends the connection at once @returns false where there is no room, and the connection was closed */
  add(connection: object, close: () => void): boolean {
    if (this.#idle.size + this.#active.size >= this.#limit && !this.#makeRoom()) {
      this.#log.warn({ limit: this.#limit }, 'connection refused: too many are open, all with requests')
      close()
      return false
    }
    this.#idle.set(connection, { close, requests: new Set() })
    return true
  }

  /** A request has begun. @param isWhole says whether all of it has come @returns what to call once it is answered */
  begin(connection: object, isWhole: () => boolean): () => void {
    const found = this.#idle.get(connection) ?? this.#active.get(connection)
    if (found === undefined) return () => undefined
    const { requests } = found
    requests.add(isWhole)
    if (this.#idle.delete(connection)) this.#active.set(connection, found)
    return () => {
      requests.delete(isWhole)
      if (requests.size === 0 && this.#active.delete(connection)) this.#idle.set(connection, found)
    }
  }

  delete(connection: object): void {
    this.#idle.delete(connection)
    this.#active.delete(connection)
  }

  #makeRoom(): boolean {
    const [connection, found] = this.#idle.entries().next().value ?? this.#sending() ?? []
    if (connection === undefined || found === undefined) return false
    this.delete(connection)
    this.#log.warn(
      { limit: this.#limit },
      'connection without a whole request closed for a new one: too many are open',
    )
    found.close()
    return true
  }

  #sending(): [object, Connection] | undefined {
    for (const entry of this.#active) {
      const [, { requests }] = entry
      if ([...requests].every((isWhole) => !isWhole())) return entry
    }
    return undefined
  }
}
