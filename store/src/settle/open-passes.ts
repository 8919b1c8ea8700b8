import { InfrastructureError } from '@weir/config'
import { execute, type Store } from '../store.ts'

/** A pass that has said nothing for so long has died; one that lives says that it does, or gives up. */
const LONGEST_SILENCE_MS = 120_000
/** How often a pass says that it goes on. Reading a huge trace keeps it from that for some twenty seconds. */
const RENEW_MS = 10_000

/**
 * SQL: a pass that goes on has said so since then.
 * @param time SQL: when it goes on
 */
export function spokenSince(time: string): string {
  return `${time} - toIntervalMillisecond(${LONGEST_SILENCE_MS})`
}

const NOW = `now64(6, 'UTC')`

/** SQL over the rows that `settling_passes` has of a pass: whether it goes on. What it said before the clock was set back says nothing. */
export const IS_OPEN: string = `(max(is_done) = 0
    AND countIf(said BETWEEN ${spokenSince(NOW)} AND ${NOW} + toIntervalMillisecond(${LONGEST_SILENCE_MS})) > 0)`

export interface PassName {
  /** Names the process. */
  readonly settler: string
  /** `settled` of the runs that the pass writes, microseconds since 1970. */
  readonly version: bigint
}

/** Others may have taken the pass for dead: what it has read may have been removed or settled since. */
class PassOverdueError extends InfrastructureError {
  override readonly code: string = 'PASS_OVERDUE'

  constructor(silentMs: number) {
    super(
      `the settling pass told ClickHouse for ${Math.round(silentMs / 1000)} s nothing, expected at most ` +
        `${LONGEST_SILENCE_MS / 1000} s; it ends here and is repeated. Is ClickHouse overloaded, or was the worker stopped?`,
    )
  }
}

/**
 * A pass as others see it: it reads spans and writes runs, until it says that it has written them and counted them in their minutes.
 * Meanwhile it says again and again that it goes on, so that one that was killed is known by its silence.
 */
export class OpenPass {
  readonly #store: Store
  readonly #name: PassName
  readonly #timer: NodeJS.Timeout
  /** When it last spoke: by the monotonic clock, before that was sent. */
  #spokeMs = performance.now()
  #longestSilenceMs = 0

  private constructor(store: Store, name: PassName, renewMs: number) {
    this.#store = store
    this.#name = name
    // What fails here, `assertOpen` tries again.
    this.#timer = setInterval(() => void this.#say(false).catch(() => undefined), renewMs)
    this.#timer.unref()
  }

  static async begin(store: Store, name: PassName, renewMs: number = RENEW_MS): Promise<OpenPass> {
    const pass = new OpenPass(store, name, renewMs)
    try {
      await pass.#say(false)
      return pass
    } catch (error) {
      pass[Symbol.dispose]()
      throw error
    }
  }

  /**
   * To be called before the pass writes.
   * @throws PassOverdueError if others may have taken it for dead
   */
  async assertOpen(): Promise<void> {
    if (performance.now() - this.#spokeMs > 2 * RENEW_MS) await this.#say(false)
    if (this.#longestSilenceMs > LONGEST_SILENCE_MS) throw new PassOverdueError(this.#longestSilenceMs)
  }

  /** Says that all is written and counted. */
  async complete(): Promise<void> {
    this[Symbol.dispose]()
    await this.#say(true)
  }

  /** Says nothing any more. A pass that failed is not done: what it has sent may still be written. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  async #say(isDone: boolean): Promise<void> {
    const nowMs = performance.now()
    await announce(this.#store, this.#name, isDone)
    this.#longestSilenceMs = Math.max(this.#longestSilenceMs, performance.now() - this.#spokeMs)
    this.#spokeMs = Math.max(this.#spokeMs, nowMs)
  }
}

async function announce(store: Store, { settler, version }: PassName, isDone: boolean): Promise<void> {
  await execute(store, ANNOUNCE, { settler, version: String(version), isDone: Number(isDone) })
}

const ANNOUNCE = `
  INSERT INTO settling_passes (settler, version, is_done)
  SELECT {settler:UUID}, fromUnixTimestamp64Micro({version:Int64}, 'UTC'), {isDone:UInt8}`
