import { InfrastructureError, WeirError } from '@weir/config'
import type { Store } from '@weir/store'
import { messageOf } from '../errors.ts'
import type { Evaluation } from '../evaluation/definition.ts'
import { startRecorder } from '../local/recorder.ts'
import type { Reporter } from '../reporters/reporter.ts'
import type { EvaluationCode } from '../runner/evaluation-code.ts'
import { inProcess } from '../runner/in-process.ts'
import { initTracing } from '../runner/init-tracing.ts'
import { requireAvailable } from './availability.ts'
import { runLocally } from './local.ts'
import { type Plan, planExperiments, planOf, type RunSettings } from './plan.ts'
import { runRecorded } from './recorded.ts'
import { type ExperimentReport, toReport } from './report.ts'
import { planRest } from './resume.ts'

/** How and where an evaluation runs. */
export type EvaluationMode =
  /** Without a server: spans stay in the process that runs the code. */
  | { readonly kind: 'local' }
  /** Traced into the collector at `endpoint`. */
  | { readonly kind: 'recorded'; readonly store: Store; readonly endpoint: string; readonly apiKey?: string }
  /** By BullMQ workers; needs the evaluation's file. `queueKey` is the workers' own: it signs the jobs. */
  | { readonly kind: 'queue'; readonly store: Store; readonly redisUrl: string; readonly queueKey: string }

/** How an evaluation runs this time. */
export interface EvaluationSettings extends RunSettings {
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined
  /** Id of an experiment that ended early: only its trials without results run. */
  readonly resume?: string | undefined
}

/**
 * Sets up tracing for evaluations in this process. Call it before the first `*.eval.ts` file is loaded: the SDK is initialised once
 * per process, and the application's own `init()` must not come first.
 * @throws InfrastructureError if Weir cannot be reached
 */
export async function prepareMode(mode: EvaluationMode): Promise<void> {
  if (mode.kind === 'local') startRecorder()
  if (mode.kind !== 'recorded') return
  await requireAvailable(mode.store, mode)
  initTracing(mode)
}

/**
 * Runs an evaluation in this process: one experiment per variant, one after the other.
 * @param settings - `file`: the evaluation's file as an absolute path
 * @throws UsageError if its data or its baseline cannot be used
 * @throws InfrastructureError if Weir became unavailable
 */
export async function runEvaluation(
  evaluation: Evaluation,
  mode: EvaluationMode,
  reporter: Reporter,
  settings: EvaluationSettings & { readonly file?: string | undefined } = {},
): Promise<ExperimentReport[]> {
  const code = inProcess(evaluation, mode.kind === 'local' ? 'memory' : 'collector', settings.file)
  return runCode(code, mode, reporter, settings)
}

/** The same for code that need not be in this process. */
export async function runCode(
  code: EvaluationCode,
  mode: EvaluationMode,
  reporter: Reporter,
  settings: EvaluationSettings,
): Promise<ExperimentReport[]> {
  const store = mode.kind === 'local' ? undefined : mode.store
  const reports: ExperimentReport[] = []
  const plans = await planExperiments(code, settings, store).catch((error: unknown) => {
    if (error instanceof WeirError) throw error
    const plan = planOf(code.outline, code.file, code.outline.variants[0]!, NO_DATA)
    const problem = `Its data could not be read: ${messageOf(error)}`
    const report = toReport(plan, mode.kind, [], { error: problem })
    reporter.onExperimentEnd?.(report)
    reports.push(report)
    return []
  })
  for (const plan of settings.resume === undefined ? plans : await planRest(plans, settings.resume, store)) {
    if (settings.signal?.aborted) break
    reports.push(await runPlan(code, plan, mode, reporter, settings.signal))
  }
  return reports
}

const NO_DATA = { cases: [], dataset: '', hash: '' }

async function runPlan(
  code: EvaluationCode,
  plan: Plan,
  mode: EvaluationMode,
  reporter: Reporter,
  signal: AbortSignal | undefined,
): Promise<ExperimentReport> {
  const runner = code.start(plan.experimentId, plan.variant.name)
  try {
    if (mode.kind === 'local') return await runLocally(plan, runner, reporter, signal)
    if (mode.kind === 'queue') {
      // BullMQ is large, and no evaluation file needs it.
      const { runQueued } = await import('./queued.ts')
      return await runQueued(plan, mode, reporter)
    }
    const recorded = { store: mode.store, collector: mode }
    return await runRecorded(plan, runner, recorded, reporter, signal)
  } catch (cause) {
    if ((cause instanceof WeirError && cause.exitCode === 2) || cause instanceof InfrastructureError)
      throw cause
    throw new InfrastructureError(
      `Experiment ${plan.experimentId} of "${plan.outline.name}" could not be completed: ${messageOf(cause)}`,
      { cause },
    )
  } finally {
    runner.close()
  }
}
