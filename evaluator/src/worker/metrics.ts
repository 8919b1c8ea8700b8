import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** What the worker counts, in a registry of its own. */
export interface Metrics {
  readonly registry: Registry
  readonly settledRuns: Counter
  readonly settleSeconds: Histogram
  readonly settleFailures: Counter
  readonly monitorScores: Counter<'outcome'>
  readonly jobs: Counter<'queue' | 'outcome'>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
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
    monitorScores: new Counter({
      name: 'weir_worker_monitor_scores_total',
      help: 'Judgements of production runs by monitors.',
      labelNames: ['outcome'],
      registers,
    }),
    jobs: new Counter({
      name: 'weir_worker_jobs_total',
      help: 'Jobs of queued evaluations.',
      labelNames: ['queue', 'outcome'],
      registers,
    }),
  }
}
