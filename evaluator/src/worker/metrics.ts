import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { registerStoreMetrics, type StoreReading } from './store-metrics.ts'

/** What the worker counts, in a registry of its own. */
export interface Metrics {
  readonly registry: Registry
  readonly settledRuns: Counter
  readonly settleSeconds: Histogram
  readonly settleFailures: Counter
  readonly failedTraces: Gauge
  readonly monitorScores: Counter<'outcome'>
  readonly setAsideScores: Counter
  readonly unusableMonitors: Gauge
  readonly jobs: Counter<'queue' | 'outcome'>
  readonly retentionFailures: Counter
}

interface Probes {
  /** Free bytes of ClickHouse's fullest disk; undefined if it does not answer. */
  readonly diskFree: () => Promise<number | undefined>
  /** For how many seconds passes have failed; 0: the last one succeeded. */
  readonly failing: () => number
  /** What the store takes, and what was removed of it. */
  readonly store: () => Promise<StoreReading>
}

export function createMetrics({ diskFree, failing, store }: Probes): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  new Gauge({
    name: 'weir_disk_free_bytes',
    help: "Bytes that are free on ClickHouse's fullest disk, NaN where it does not answer.",
    registers,
    async collect() {
      this.set((await diskFree()) ?? Number.NaN)
    },
  })
  new Gauge({
    name: 'weir_worker_failing_seconds',
    help: 'Since when settling or judging fails, 0 where the last pass succeeded.',
    registers,
    collect() {
      this.set(failing())
    },
  })
  registerStoreMetrics(registry, store)
  return {
    registry,
    settledRuns: new Counter({
      name: 'weir_worker_settled_runs_total',
      help: 'Runs written by settling.',
      registers,
    }),
    settleSeconds: new Histogram({
      name: 'weir_worker_settle_seconds',
      help: 'Time of a settling pass.',
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30],
      registers,
    }),
    settleFailures: new Counter({
      name: 'weir_worker_settle_failures_total',
      help: 'Settling passes that failed.',
      registers,
    }),
    failedTraces: new Gauge({
      name: 'weir_worker_failed_traces',
      help: 'Traces that cannot be settled: each is tried again alone, within an hour, and keeps no other from being settled.',
      registers,
    }),
    monitorScores: new Counter({
      name: 'weir_worker_monitor_scores_total',
      help: 'Judgements of production runs by monitors.',
      labelNames: ['outcome'],
      registers,
    }),
    setAsideScores: new Counter({
      name: 'weir_worker_set_aside_scores_total',
      help: 'Judgements that ClickHouse refused for their content, stored as unverifiable with its reason.',
      registers,
    }),
    unusableMonitors: new Gauge({
      name: 'weir_worker_unusable_monitors',
      help: 'Monitors that judge nothing, because they cannot be read.',
      registers,
    }),
    jobs: new Counter({
      name: 'weir_worker_jobs_total',
      help: 'Jobs of queued evaluations.',
      labelNames: ['queue', 'outcome'],
      registers,
    }),
    retentionFailures: new Counter({
      name: 'weir_retention_failures_total',
      help: 'Rounds of retention that failed: the next one goes on.',
      registers,
    }),
  }
}
