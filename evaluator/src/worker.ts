import { KEPT_FOR_EVER } from '@weir/config'
import { diskProblem } from '@weir/store'
import { getClickHouseDisk } from '@weir/store/pages'
import { printed } from '@weir/store/text'
import { type Job, Worker } from 'bullmq'
import { EXPERIMENT_QUEUE, TRIAL_QUEUE } from './queue.ts'
import { type WorkerConfig, workerConfigFromEnv } from './worker/config.ts'
import { EvaluationJobs } from './worker/evaluation-jobs.ts'
import { startHealth } from './worker/http.ts'
import { createMetrics } from './worker/metrics.ts'
import { Monitors } from './worker/monitors.ts'
import { Outage } from './worker/outage.ts'
import { createWorkerRedis } from './worker/redis.ts'
import { Retention } from './worker/retention.ts'
import { Settler } from './worker/settler.ts'
import { readStoreMetrics } from './worker/store-metrics.ts'

export { type WorkerConfig, workerConfigFromEnv } from './worker/config.ts'

export interface RunningWorker {
  /** Of /healthz, /readyz and /metrics. */
  readonly url: string
  readonly port: number
  /** Finishes its jobs and takes no new ones; another worker takes over those that last longer. */
  close(): Promise<void>
}

/** A Redis that takes no commands for now, say because its disk is full, answers each with one of these. */
const REFUSAL = /^(MISCONF|LOADING|BUSY|OOM|READONLY) /
/** Longest time that health checks wait for ClickHouse. */
const CLICKHOUSE_TIMEOUT_MS = 1_500
/** Longest time that `close` waits for jobs. */
const CLOSE_TIMEOUT_MS = 8_000

/** Starts settling, monitors, retention and the jobs of queued evaluations. ClickHouse and Redis may come and go. */
export async function startWorker(
  config: WorkerConfig = workerConfigFromEnv(),
  log: (line: string) => void = (line) => console.error(printed(`worker: ${line}`)),
): Promise<RunningWorker> {
  const { store, concurrency = 8, lockMs = 30_000 } = config
  const clickHouseDisk = () =>
    getClickHouseDisk(store, AbortSignal.timeout(CLICKHOUSE_TIMEOUT_MS)).catch(() => undefined)
  const clickhouse = new Outage('ClickHouse', log)
  const metrics = createMetrics({
    diskFree: async () => (await clickHouseDisk())?.freeBytes,
    failing: () => clickhouse.seconds,
    store: () => readStoreMetrics(store),
  })
  const queueOutage = new Outage('Redis', log)
  const redis = createWorkerRedis(config.redisUrl, (error) => queueOutage.failed(error))
  const monitors = new Monitors(store, {
    scored: (scores, setAside) => {
      for (const { outcome } of scores) metrics.monitorScores.inc({ outcome })
      metrics.setAsideScores.inc(setAside)
    },
    unusable: (count) => metrics.unusableMonitors.set(count),
    log,
  })
  const problems = async () => {
    const ping = await store.client.ping({
      select: true,
      abort_signal: AbortSignal.timeout(CLICKHOUSE_TIMEOUT_MS),
    })
    return [
      ...(ping.success ? [] : ['ClickHouse does not answer']),
      ...(redis.status === 'ready' ? [] : [`Redis is ${redis.status}`]),
    ]
  }
  const warnings = async () => {
    const disk = await clickHouseDisk()
    return [clickhouse.problem, disk && diskProblem(disk, disk.path)].filter((text) => text !== undefined)
  }
  const health = await startHealth(config, metrics.registry, problems, warnings)
  const settleQuietMs = config.settleQuietMs
  const outages = { clickhouse, queueOutage }
  const settler = new Settler({ store, redis, monitors, metrics, settleQuietMs, ...outages, log })
  const policy = {
    runs: config.retention ?? KEPT_FOR_EVER,
    payloads: config.payloadRetention ?? KEPT_FOR_EVER,
  }
  const retention = new Retention({ store, redis, metrics, policy, queueOutage, log })
  const evaluations = new EvaluationJobs(config)
  const start = (queue: string, jobsAtOnce: number, run: (job: Job) => Promise<unknown>): Worker => {
    const worker = new Worker(queue, run, {
      connection: redis,
      concurrency: jobsAtOnce,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      maxStalledCount: 3,
    })
    // With a connection, the error is about a job: one that was taken over, or lost with the queue's data.
    worker.on('error', (error) => {
      if (redis.status === 'ready' && !REFUSAL.test(error.message)) log(`${queue}: ${error.message}`)
      else queueOutage.failed(error)
    })
    worker.on('completed', () => metrics.jobs.inc({ queue, outcome: 'completed' }))
    worker.on('failed', (job, error) => {
      metrics.jobs.inc({ queue, outcome: 'failed' })
      log(`${queue} ${job?.id ?? ''}: ${error.message}`)
    })
    return worker
  }
  const workers = [
    start(TRIAL_QUEUE, concurrency, (job) => evaluations.runTrial(job)),
    start(EXPERIMENT_QUEUE, 2, (job) => evaluations.judge(job)),
  ]
  const close = async (): Promise<void> => {
    const closing = Promise.allSettled([
      settler.close(),
      retention.close(),
      ...workers.map((worker) => worker.close()),
    ])
    const timeUp = new Promise((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS).unref())
    await Promise.race([closing, timeUp])
    evaluations.close()
    redis.disconnect()
    await health.close()
  }
  return { url: health.url, port: health.port, close }
}
