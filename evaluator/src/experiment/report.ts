import type { Experiment, ExperimentStatus, GateOutcome, Result } from '@weir/store/evaluations'
import { stringifyExact } from '@weir/store/text'
import { describeCheck } from '../checks/describe.ts'
import type { Plan } from './plan.ts'
import { type Totals, type TrialReport, toTotals, toTrials } from './totals.ts'

export type Mode = 'recorded' | 'local' | 'queue'

/** One experiment and what came of it. */
export interface ExperimentReport extends Totals {
  readonly experimentId: string
  readonly evaluation: string
  readonly variant: string
  readonly flow: string
  readonly version: string
  readonly mode: Mode
  readonly status: Exclude<ExperimentStatus, 'running'>
  /** Cases x trials. */
  readonly planned: number
  /** '' if there was none. */
  readonly baselineExperimentId: string
  readonly gates: readonly GateOutcome[]
  /** Why it could not be evaluated; '' if it could. */
  readonly error: string
  readonly durationMs: number
  readonly trials: readonly TrialReport[]
}

export function plannedTrials(plan: Pick<Plan, 'cases' | 'trials'>): number {
  return plan.cases.length * plan.trials
}

/** The report of judged results; `error` says why it could not be evaluated as a whole. */
export function toReport(
  plan: Plan,
  mode: Mode,
  results: readonly Result[],
  gates: readonly GateOutcome[],
  error = '',
): ExperimentReport {
  const trials = toTrials(results)
  const totals = toTotals(trials)
  const planned = plannedTrials(plan)
  const problem =
    error === '' && totals.evaluated === 0 ? 'Nothing was evaluated: there are no cases.' : error
  return {
    experimentId: plan.experimentId,
    evaluation: plan.evaluation.name,
    variant: plan.variant,
    flow: plan.flow,
    version: plan.version,
    mode,
    status:
      problem !== '' ? 'error' : gates.every(({ outcome }) => outcome === 'passed') ? 'passed' : 'failed',
    planned,
    baselineExperimentId: plan.baselineExperimentId ?? '',
    gates,
    error: problem,
    durationMs: Math.max(0, Date.now() - plan.started),
    ...totals,
    trials,
  }
}

/** The row of `experiments`, while it runs or with its report. */
export function toExperiment(plan: Plan, report?: ExperimentReport): Experiment {
  const { checks, scorers, gates } = plan.evaluation
  return {
    experimentId: plan.experimentId,
    evaluation: plan.evaluation.name,
    variant: plan.variant,
    flow: plan.flow,
    version: plan.version,
    environment: plan.environment,
    revision: plan.revision,
    dataset: plan.dataset,
    datasetHash: plan.datasetHash,
    baselineExperimentId: plan.baselineExperimentId ?? '',
    status: report?.status ?? 'running',
    planned: plannedTrials(plan),
    definition: stringifyExact({
      checks: checks.map((check) => ({ name: describeCheck(check), check })),
      scorers: scorers.map(({ name }) => name),
      gates,
      trials: plan.trials,
    })!,
    gates: report?.gates ?? [],
    error: report?.error ?? '',
    started: plan.started,
    finished: report === undefined ? 0 : Date.now(),
  }
}
