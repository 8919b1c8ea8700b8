import { readStatus } from '../supervisor/status-file.ts'
import { fetchMetrics, sampleValue } from './metrics.ts'

/** What the worker says of its settling and of its monitors, since it was started. */
export interface JudgingStatus {
  /** Since when its passes fail; 0: the last one succeeded. */
  readonly failingSeconds: number
  /** Scores that ClickHouse refused: stored as unverifiable, with its reason. */
  readonly setAsideScores: number
  /** Monitors that cannot be read. */
  readonly unusableMonitors: number
  /** Traces that cannot be settled. */
  readonly failedTraces: number
}

/** Asks the worker of a home; undefined if none answers. */
export async function readJudging(home: string): Promise<JudgingStatus | undefined> {
  const worker = readStatus(home).find(({ name }) => name === 'worker')
  const samples = worker && (await fetchMetrics(worker.url))
  if (samples === undefined) return undefined
  const value = (name: string) => sampleValue(samples, name) ?? 0
  return {
    failingSeconds: Math.round(value('weir_worker_failing_seconds')),
    setAsideScores: value('weir_worker_set_aside_scores_total'),
    unusableMonitors: value('weir_worker_unusable_monitors'),
    failedTraces: value('weir_worker_failed_traces'),
  }
}
