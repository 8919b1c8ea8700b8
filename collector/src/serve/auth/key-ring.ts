import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiKey } from '@weir/store/keys'
import type { Log } from '../../log.ts'
import { type KnownKey, type KnownKeys, readKeyFile, writeKeyFile } from './key-file.ts'

/** Milliseconds between two readings: a revoked key stops working within this and the time of one query. */
const REFRESH = 2_000
/** Milliseconds between two readings while nothing is known: the tables may just be being made. */
const FIRST = 250
/** Milliseconds that a start waits for the first reading. */
const TIMEOUT_MS = 2_000
/** Milliseconds between two readings that keys nobody knows can cause. */
const SEARCH = 100

export interface KeyRingOptions {
  readonly load: () => Promise<readonly ApiKey[]>
  /** Where the keys are kept for the time that ClickHouse is away. */
  readonly file: string
  readonly log: Log
}

/** The keys that are not revoked, as they were when ClickHouse was last asked. */
export class KeyRing {
  /** Resolves when keys, or that there are none, are known for the first time. */
  readonly known: Promise<void>
  readonly #options: KeyRingOptions
  readonly #known = Promise.withResolvers<void>()
  #keys: ReadonlyMap<string, KnownKey> | undefined
  #made = false
  #written = ''
  #isCurrent = false
  #asked = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | undefined
  #search: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: KeyRingOptions) {
    this.#options = options
    this.known = this.#known.promise
    this.#set(readKeyFile(options.file))
  }

  /** Resolves when the keys are known, or cannot be for now; they are read again and again until `close`. */
  async start(): Promise<void> {
    await Promise.race([this.refresh(), sleep(TIMEOUT_MS, undefined, { ref: false })])
    this.#schedule()
  }

  /** Undefined where neither ClickHouse nor the file could ever be read. */
  get size(): number | undefined {
    return this.#keys?.size
  }

  /** True where a key was made, even if all are revoked by now; false where none is known. */
  get made(): boolean {
    return this.#made
  }

  /** False where ClickHouse did not answer when it was last asked: keys may have been made since. */
  get isCurrent(): boolean {
    return this.#isCurrent
  }

  get(id: string): KnownKey | undefined {
    return this.#keys?.get(id)
  }

  /** Asks for a key that was not there a moment ago: it may just have been made. */
  async search(id: string): Promise<KnownKey | undefined> {
    this.#search ??= this.#refreshSoon().finally(() => {
      this.#search = undefined
    })
    await this.#search
    return this.get(id)
  }

  /** Never rejects. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  async #refreshSoon(): Promise<void> {
    await sleep(Math.max(this.#asked + SEARCH - performance.now(), 0))
    await this.refresh()
  }

  async #read(): Promise<void> {
    this.#asked = performance.now()
    try {
      const keys = await this.#options.load()
      const valid = keys.filter(({ revoked }) => !revoked)
      this.#set({
        keys: valid.map(({ id, project, hash }) => ({ id, project, hash })),
        made: keys.length > 0,
      })
      this.#isCurrent = true
    } catch (error) {
      this.#isCurrent = false
      const { log } = this.#options
      const reason = (error as Error).message
      if (this.#keys === undefined) log.info({ reason }, 'API keys cannot be read yet')
      else log.warn({ reason }, 'API keys cannot be read; those known stay valid')
    }
  }

  #schedule(): void {
    if (this.#isClosed) return
    const wait = this.#keys === undefined ? FIRST : REFRESH
    this.#timer = setTimeout(() => void this.refresh().then(() => this.#schedule()), wait)
    this.#timer.unref()
  }

  #set(known: KnownKeys | undefined): void {
    if (known === undefined) return
    this.#keys = new Map(known.keys.map((key) => [key.id, key]))
    this.#made = known.made
    this.#known.resolve()
    const text = JSON.stringify(known)
    if (text === this.#written) return
    try {
      writeKeyFile(this.#options.file, known)
      this.#written = text
    } catch (error) {
      this.#options.log.warn(
        { reason: (error as Error).message },
        'API keys cannot be kept for a time without ClickHouse',
      )
    }
  }
}
