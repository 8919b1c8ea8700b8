import { pingUrl } from '@weir/store'
import { ANSWER_TIMEOUT_MS, answersHttp, isRedisAlive } from './readiness.ts'

/** Milliseconds between two questions; less where the limit of the silence is short. */
const INTERVAL_MS = 2_000

/** Whether a process of Weir lives and answers, whatever else it waits for. */
export function answersAtAll({
  name,
  url,
}: {
  readonly name: string
  readonly url: string
}): Promise<boolean> {
  if (name === 'clickhouse') return answersHttp(pingUrl(url))
  if (name === 'valkey') {
    const { hostname, port } = new URL(url)
    return isRedisAlive(hostname, Number(port || 6379))
  }
  return answersHttp(`${url}/healthz`)
}

/**
 * How long a process has been silent. A question that went unanswered counts for the time that it may take and no longer:
 * an asker that was itself stopped, or whose machine slept, learns nothing from that time.
 */
export class Silence {
  readonly intervalMs: number
  readonly #limitMs: number
  #silentMs = 0
  #askedAt = performance.now()

  constructor(limitMs: number) {
    this.#limitMs = limitMs
    this.intervalMs = Math.min(INTERVAL_MS, limitMs / 5)
  }

  /** @param answered whether the latest question was answered */
  note(answered: boolean): void {
    const now = performance.now()
    const passed = Math.min(now - this.#askedAt, this.intervalMs + ANSWER_TIMEOUT_MS)
    this.#askedAt = now
    this.#silentMs = answered ? 0 : this.#silentMs + passed
  }

  get ms(): number {
    return this.#silentMs
  }

  /** Long enough to be said: not for one answer that came late. */
  get isNotable(): boolean {
    return this.#silentMs >= Math.min(5_000, this.#limitMs / 2)
  }

  get isTooLong(): boolean {
    return this.#silentMs >= this.#limitMs
  }
}
