import { WeirError } from '@weir/config'
import { init } from '@weir/sdk'
import type { Store } from '@weir/store'
import { InfrastructureError, messageOf } from '../errors.ts'
import type { Evaluation } from '../evaluation/definition.ts'
import { MAX_RECORDED, startRecorder } from '../local/recorder.ts'
import type { Reporter } from '../reporters/reporter.ts'
import { runLocally } from './local.ts'
import { type Plan, planExperiments, type RunSettings } from './plan.ts'
import { preflight } from './preflight.ts'
import { runRecorded } from './recorded.ts'
import type { ExperimentReport } from './report.ts'

/** How and where an evaluation runs. */
export type EvaluationMode =
  /** Without a server: spans stay in this process. */
  | { readonly kind: 'local' }
  /** In this process, traced into the collector at `endpoint`. */
  | { readonly kind: 'recorded'; readonly store: Store; readonly endpoint: string; readonly apiKey?: string }
  /** By BullMQ workers; needs the evaluation's file. `queueKey` is the workers' own: it signs the jobs. */
  | { readonly kind: 'queue'; readonly store: Store; readonly redisUrl: string; readonly queueKey: string }

/** Queue spans of several thousand trials; the evaluation flushes long before. */
const MAX_QUEUE = 131_072

/**
 * Gets tracing ready. Call it before the first `*.eval.ts` file is loaded: the SDK is initialised once per process, and
 * the application's own `init()` must not come first.
 * @throws InfrastructureError if Weir cannot be reached
 */
export async function prepareMode(mode: EvaluationMode): Promise<void> {
  if (mode.kind === 'local') startRecorder()
  if (mode.kind !== 'recorded') return
  const { store, endpoint, apiKey } = mode
  await preflight(store, endpoint, apiKey)
  initTracing(endpoint, apiKey)
}

/** Traces whatever runs in this process into the collector, with little cut. */
export function initTracing(endpoint: string, apiKey: string | undefined): void {
  init({
    endpoint,
    ...(apiKey === undefined ? {} : { apiKey }),
    capture: { maxLength: MAX_RECORDED },
    maxQueueSize: MAX_QUEUE,
  })
}

/**
 * Runs an evaluation: one experiment per variant, one after the other.
 * @param settings - `file`: the evaluation's file as an absolute path; `signal` ends a recorded evaluation early
 * @throws UsageError if its data or baseline is not what it should be
 * @throws InfrastructureError if Weir went away
 */
export async function runEvaluation(
  evaluation: Evaluation,
  mode: EvaluationMode,
  reporter: Reporter,
  settings: RunSettings & { readonly file?: string | undefined; readonly signal?: AbortSignal } = {},
): Promise<ExperimentReport[]> {
  const store = mode.kind === 'local' ? undefined : mode.store
  const plans = await planExperiments(evaluation, settings.file, settings, store)
  const reports: ExperimentReport[] = []
  for (const plan of plans) reports.push(await runPlan(plan, mode, reporter, settings.signal))
  return reports
}

async function runPlan(
  plan: Plan,
  mode: EvaluationMode,
  reporter: Reporter,
  signal: AbortSignal | undefined,
): Promise<ExperimentReport> {
  if (mode.kind === 'local') return runLocally(plan, reporter)
  try {
    if (mode.kind === 'queue') {
      // BullMQ is large, and no evaluation file needs it.
      const { runQueued } = await import('./queued.ts')
      return await runQueued(plan, mode, reporter)
    }
    return await runRecorded(plan, mode.store, mode, reporter, signal)
  } catch (cause) {
    if ((cause instanceof WeirError && cause.exitCode === 2) || cause instanceof InfrastructureError)
      throw cause
    throw new InfrastructureError(
      `Experiment ${plan.experimentId} of "${plan.evaluation.name}" could not be completed: ${messageOf(cause)}`,
      { cause },
    )
  }
}
