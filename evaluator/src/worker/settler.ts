import type { Store } from '@weir/store'
import { createMemory, type FailedTrace, type RunOfProject, settleQuiet } from '@weir/store/settle'
import { Queue, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { lineOf } from '../errors.ts'
import { SETTLE_QUEUE } from '../queue.ts'
import type { Metrics } from './metrics.ts'
import type { Monitors } from './monitors.ts'
import type { Outage } from './outage.ts'

const EVERY_MS = 1_000
const SCHEDULE = 'settle'
/** A next run that is further ahead was planned before the clock was set back. */
const LONGEST_AHEAD_MS = 5 * EVERY_MS
/** The schedule is written again when nothing was settled for so long: the queue may have lost its data. */
const SILENCE_MS = 5_000

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

/** Settles runs every second, by a job that exactly one worker gets, and judges what monitors want judged. */
export class Settler {
  readonly #parts: SettlerParts
  readonly #queue: Queue
  readonly #worker: Worker
  readonly #watch: NodeJS.Timeout
  readonly #memory = createMemory()
  /** Of the monotonic clock. */
  #heard = performance.now()
  #scheduling: Promise<void> | undefined
  #judgedOnce = false
  /** Runs of too many traces that were said, so that each is said once. */
  readonly #saidCrowded = new Set<string>()

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
      if (performance.now() - this.#heard > SILENCE_MS) this.#schedule()
    }, EVERY_MS)
  }

  async close(): Promise<void> {
    clearInterval(this.#watch)
    await Promise.allSettled([this.#worker.close(), this.#queue.close()])
  }

  /** One writer at a time: while Redis is away the command itself waits. */
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

  /** BullMQ keeps the time of the next run, and waits for it, however far ahead it is. */
  async #writeSchedule(): Promise<void> {
    const next = (await this.#queue.getJobScheduler(SCHEDULE))?.next ?? 0
    if (next > Date.now() + LONGEST_AHEAD_MS) await this.#queue.removeJobScheduler(SCHEDULE)
    await this.#queue.upsertJobScheduler(
      SCHEDULE,
      { every: EVERY_MS },
      { name: 'settle', opts: { removeOnComplete: true, removeOnFail: true } },
    )
  }

  /** A failure waits for the next second; nothing is lost, the traces stay due. */
  async #settle(): Promise<void> {
    const { store, monitors, metrics, settleQuietMs, clickhouse, queueOutage } = this.#parts
    this.#heard = performance.now()
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
        for (const run of settled.crowdedRuns ?? []) this.#sayCrowded(run)
        // Batch by batch: after a crash, monitors look back for a minute, not for as long as a backlog takes.
        // What keeps them from judging does not keep runs from settling.
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
      this.#heard = performance.now()
    }
  }

  #sayCrowded({ project, runId }: RunOfProject): void {
    const name = JSON.stringify([project, runId])
    if (this.#saidCrowded.has(name)) return
    // Forgotten runs are said again: better twice than never.
    if (this.#saidCrowded.size >= MOST_SAID) this.#saidCrowded.clear()
    this.#saidCrowded.add(name)
    this.#parts.log(describeCrowded({ project, runId }))
  }
}

const MOST_SAID = 1_000

/** A client chose the id. */
export function describeCrowded({ project, runId }: RunOfProject): string {
  return `run ${lineOf(JSON.stringify(runId))} of project ${project} has more than 1,000 traces: what comes of it from now on are runs of their own; is its id the same for all runs of a client?`
}

function describeFailed({ traceId, project, cause, retryMs }: FailedTrace): string {
  return `trace ${traceId} of project ${project} cannot be settled: ${lineOf(cause)}; trying it again in ${retryMs / 1000} s, the others go on`
}
