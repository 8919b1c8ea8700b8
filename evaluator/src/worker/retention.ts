import type { Store } from '@weir/store'
import { applyRetention, type Removal, type RetentionPolicy } from '@weir/store/retention'
import { Queue, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { lineOf } from '../errors.ts'
import { RETENTION_QUEUE } from '../queue.ts'
import type { Metrics } from './metrics.ts'
import type { Outage } from './outage.ts'

const INTERVAL_MS = 3_600_000
/** A job of this id is in the queue once: however many workers ask for a round, one goes on at a time. */
const JOB_ID = 'retention'

export interface RetentionParts {
  readonly store: Store
  readonly redis: Redis
  readonly metrics: Metrics
  readonly policy: RetentionPolicy
  readonly queueOutage: Outage
  readonly log: (line: string) => void
}

/** Removes what is older than its project is kept for: when the worker starts, and every hour. */
export class Retention {
  readonly #parts: RetentionParts
  readonly #queue: Queue
  readonly #worker: Worker
  readonly #timer: NodeJS.Timeout
  readonly #stop = new AbortController()

  constructor(parts: RetentionParts) {
    this.#parts = parts
    this.#queue = new Queue(RETENTION_QUEUE, { connection: parts.redis })
    this.#worker = new Worker(RETENTION_QUEUE, () => this.#apply(), { connection: parts.redis })
    for (const emitter of [this.#queue, this.#worker]) {
      ;(emitter as Queue).on('error', (error) => {
        if (parts.redis.status !== 'ready') parts.queueOutage.failed(error)
      })
    }
    this.#ask()
    this.#timer = setInterval(() => this.#ask(), INTERVAL_MS)
  }

  /** Ends a round after the batch that it is at; another worker, or the next start, goes on. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#stop.abort()
    await Promise.allSettled([this.#worker.close(), this.#queue.close()])
  }

  #ask(): void {
    this.#queue
      .add('retention', {}, { jobId: JOB_ID, removeOnComplete: true, removeOnFail: true })
      .catch((error: unknown) => this.#parts.queueOutage.failed(error))
  }

  async #apply(): Promise<void> {
    const { store, metrics, policy, log } = this.#parts
    try {
      const { signal } = this.#stop
      for await (const removal of applyRetention(store, { policy, signal })) {
        log(describeRemoval(removal))
      }
    } catch (error) {
      metrics.retentionFailures.inc()
      log(`retention failed: ${lineOf(error)}; it is tried again within an hour, and goes on where it ended`)
    }
  }
}

/** One line of the log. */
function describeRemoval({ project, kind, before, runs, spans, bytes }: Removal): string {
  const what =
    kind === 'runs' ? `${runs} runs with ${spans} spans` : `payloads of ${runs} runs and ${spans} spans`
  const since = `${before.slice(0, 10)} UTC`
  return `retention of project ${lineOf(JSON.stringify(project))}: removed ${what} from before ${since}, about ${Math.round(bytes / 1e6)} MB on the disk`
}
