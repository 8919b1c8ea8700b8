import type { Store } from '@weir/store'
import { createMemory, type FailedTrace, type RunOfProject, settleQuiet } from '@weir/store/settle'
import { Queue, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { lineOf } from '../errors.ts'
import { SETTLE_QUEUE } from '../queue.ts'
import type { Metrics } from './metrics.ts'
import type { Monitors } from './monitors.ts'
import type { Outage } from './outage.ts'

const INTERVAL_MS = 1_000
const SCHEDULE = 'settle'
/** A next job further ahead was scheduled before the clock was set back. */
const MAX_AHEAD_MS = 5 * INTERVAL_MS
/** The schedule is written again if no job came for so long: the queue may have lost its data. */
const MAX_SILENCE_MS = 5_000

export interface SettlerParts {
  readonly store: Store
  readonly redis: Redis
  readonly monitors: Monitors
  readonly metrics: Metrics
  readonly settleQuietMs: number
  readonly clickhouse: Outage
  readonly queueOutage: Outage
  readonly log: (line: string) => void
}

/** Settles runs every second, in a job that exactly one worker gets, and lets monitors judge them. */
export class Settler {
  readonly #parts: SettlerParts
  readonly #queue: Queue
  readonly #worker: Worker
  readonly #watch: NodeJS.Timeout
  readonly #memory = createMemory()
  /** When the last job came, by the monotonic clock. */
  #lastJobMs = performance.now()
  #scheduling: Promise<void> | undefined
  #judgedOnce = false
  /** Runs with too many traces that were logged, so that each is logged once. */
  readonly #loggedCrowded = new Set<string>()

  constructor(parts: SettlerParts) {
    this.#parts = parts
    this.#queue = new Queue(SETTLE_QUEUE, { connection: parts.redis })
    this.#worker = new Worker(SETTLE_QUEUE, () => this.#settle(), { connection: parts.redis })
    for (const emitter of [this.#queue, this.#worker]) {
      ;(emitter as Queue).on('error', (error) => {
        if (parts.redis.status !== 'ready') parts.queueOutage.failed(error)
      })
    }
    this.#schedule()
    this.#watch = setInterval(() => {
      if (performance.now() - this.#lastJobMs > MAX_SILENCE_MS) this.#schedule()
    }, INTERVAL_MS)
  }

  async close(): Promise<void> {
    clearInterval(this.#watch)
    await Promise.allSettled([this.#worker.close(), this.#queue.close()])
  }

  /** One writer at a time: while Redis is unavailable the command itself waits. */
  #schedule(): void {
    this.#scheduling ??= this.#writeSchedule()
      .then(
        () => this.#parts.queueOutage.succeeded(),
        (error: unknown) => this.#parts.queueOutage.failed(error),
      )
      .finally(() => {
        this.#scheduling = undefined
      })
  }

  /** BullMQ stores the time of the next job and waits for it, however far ahead it is. */
  async #writeSchedule(): Promise<void> {
    const next = (await this.#queue.getJobScheduler(SCHEDULE))?.next ?? 0
    if (next > Date.now() + MAX_AHEAD_MS) await this.#queue.removeJobScheduler(SCHEDULE)
    await this.#queue.upsertJobScheduler(
      SCHEDULE,
      { every: INTERVAL_MS },
      { name: 'settle', opts: { removeOnComplete: true, removeOnFail: true } },
    )
  }

  /** After a failure, the next second tries again. Nothing is lost: the traces stay due. */
  async #settle(): Promise<void> {
    const { store, monitors, metrics, settleQuietMs, clickhouse, queueOutage } = this.#parts
    this.#lastJobMs = performance.now()
    queueOutage.succeeded()
    let monitorsFailed: { readonly error: unknown } | undefined
    try {
      let more = true
      while (more) {
        const end = metrics.settleSeconds.startTimer()
        const settled = await settleQuiet(store, {
          quietMs: settleQuietMs,
          memory: this.#memory,
        })
        end()
        metrics.settledRuns.inc(settled.runs)
        metrics.failedTraces.set(this.#memory.sweep.postponed.failed)
        if (settled.failed) {
          metrics.settleFailures.inc()
          this.#parts.log(describeFailed(settled.failed))
        }
        for (const run of settled.crowdedRuns ?? []) this.#logCrowded(run)
        // Batch by batch: after a crash, monitors look back a minute, not as long as a backlog takes.
        // If they cannot judge, runs are settled nevertheless.
        if (monitorsFailed === undefined && (settled.runs > 0 || !this.#judgedOnce)) {
          monitorsFailed = await monitors.judgeSettled().then(
            () => undefined,
            (error: unknown) => ({ error }),
          )
        }
        this.#judgedOnce = monitorsFailed === undefined
        more = settled.more && this.#worker.closing === undefined
      }
      if (monitorsFailed !== undefined) throw monitorsFailed.error
      clickhouse.succeeded()
    } catch (error) {
      metrics.settleFailures.inc()
      this.#judgedOnce = false
      clickhouse.failed(error)
    } finally {
      this.#lastJobMs = performance.now()
    }
  }

  #logCrowded({ project, runId }: RunOfProject): void {
    const name = JSON.stringify([project, runId])
    if (this.#loggedCrowded.has(name)) return
    // Forgotten runs are logged again: better twice than never.
    if (this.#loggedCrowded.size >= MAX_LOGGED) this.#loggedCrowded.clear()
    this.#loggedCrowded.add(name)
    this.#parts.log(describeCrowded({ project, runId }))
  }
}

const MAX_LOGGED = 1_000

/** One line of the log; a client chose the id. */
export function describeCrowded({ project, runId }: RunOfProject): string {
  return `run ${lineOf(JSON.stringify(runId))} of project ${project} has more than 1,000 traces: further traces become runs of their own; does a client send the same run id for all of its runs?`
}

function describeFailed({ traceId, project, cause, retryMs }: FailedTrace): string {
  return `trace ${traceId} of project ${project} cannot be settled: ${lineOf(cause)}; it is tried again in ${retryMs / 1000} s, the others go on`
}
