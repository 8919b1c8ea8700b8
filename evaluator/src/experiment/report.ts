import type {
  Experiment,
  ExperimentStatus,
  GateResult,
  Outcome,
  Result,
  ScoreSummary,
} from '@weir/store/evaluations'
import { stringifyExact } from '@weir/store/text'
import { describeCheck } from '../checks/judge.ts'
import type { Plan } from './plan.ts'

/** One trial with all of its results. */
export interface TrialReport {
  readonly caseId: string
  readonly trial: number
  readonly runId: string
  readonly outcome: Outcome
  readonly durationMs: number
  /** The task first. */
  readonly results: readonly Result[]
}

export interface ReportTotals {
  readonly evaluated: number
  readonly passed: number
  readonly failed: number
  readonly errors: number
  readonly passRate: number
  readonly scores: readonly ScoreSummary[]
}

export type Mode = 'recorded' | 'local' | 'queue'

/** One experiment and its results. */
export interface ExperimentReport extends ReportTotals {
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
  readonly gates: readonly GateResult[]
  /** Why it could not be evaluated; '' if it could. */
  readonly error: string
  readonly durationMs: number
  readonly trials: readonly TrialReport[]
}

export function plannedTrials(plan: Pick<Plan, 'cases' | 'trials'>): number {
  return plan.cases.length * plan.trials
}

/** The report of judged results. `error` says why the experiment as a whole could not be evaluated. */
export function toReport(
  plan: Plan,
  mode: Mode,
  results: readonly Result[],
  gates: readonly GateResult[],
  error?: string,
): ExperimentReport {
  const trials = toTrials(results)
  const totals = toTotals(trials)
  const planned = plannedTrials(plan)
  const noCases = totals.evaluated === 0 ? 'Nothing was evaluated: there are no cases.' : undefined
  // A stored experiment without an error has ''.
  const problem = error || noCases
  return {
    experimentId: plan.experimentId,
    evaluation: plan.outline.name,
    variant: plan.variant.name,
    flow: plan.variant.flow,
    version: plan.variant.version,
    mode,
    status:
      problem !== undefined
        ? 'error'
        : gates.every(({ outcome }) => outcome === 'passed')
          ? 'passed'
          : 'failed',
    planned,
    baselineExperimentId: plan.baselineExperimentId ?? '',
    gates,
    error: problem ?? '',
    durationMs: Math.max(0, Date.now() - plan.startedMs),
    ...totals,
    trials,
  }
}

/** The row of `experiments`, while it runs or with its report. */
export function toExperiment(plan: Plan, report?: ExperimentReport): Experiment {
  const { checks, scorers, gates } = plan.outline
  return {
    experimentId: plan.experimentId,
    evaluation: plan.outline.name,
    variant: plan.variant.name,
    flow: plan.variant.flow,
    version: plan.variant.version,
    environment: plan.environment,
    revision: plan.revision,
    dataset: plan.dataset,
    datasetHash: plan.datasetHash,
    baselineExperimentId: plan.baselineExperimentId ?? '',
    status: report?.status ?? 'running',
    planned: plannedTrials(plan),
    definition: stringifyExact({
      checks: checks.map((check) => ({ name: describeCheck(check), check })),
      scorers,
      gates,
      trials: plan.trials,
      leftOut: plan.leftOut,
    })!,
    gates: report?.gates ?? [],
    error: report?.error ?? '',
    startedMs: plan.startedMs,
    finishedMs: report === undefined ? 0 : Date.now(),
  }
}

/** The results of each trial together. */
export function toTrials(results: readonly Result[]): TrialReport[] {
  const groups = Map.groupBy(results, ({ caseId, trial }) => JSON.stringify([caseId, trial]))
  return [...groups.values()].map((group) => {
    const task = group.find(({ kind }) => kind === 'task') ?? group[0]!
    return {
      caseId: task.caseId,
      trial: task.trial,
      runId: task.runId,
      outcome: worst(group.map(({ outcome }) => outcome)),
      durationMs: task.durationNs / 1e6,
      results: [task, ...group.filter((result) => result !== task)],
    }
  })
}

const BY_WORST: readonly Outcome[] = ['error', 'failed', 'unverifiable', 'passed']

function worst(outcomes: readonly Outcome[]): Outcome {
  return BY_WORST.find((outcome) => outcomes.includes(outcome)) ?? 'error'
}

export function toTotals(trials: readonly TrialReport[]): ReportTotals {
  const count = (outcome: Outcome) => trials.filter((trial) => trial.outcome === outcome).length
  const passed = count('passed')
  const errors = count('error')
  return {
    evaluated: trials.length,
    passed,
    failed: trials.length - passed - errors,
    errors,
    passRate: trials.length === 0 ? 0 : passed / trials.length,
    scores: toScores(trials),
  }
}

function toScores(trials: readonly TrialReport[]): ScoreSummary[] {
  const groups = new Map<string, { sum: number; min: number; count: number }>()
  for (const { results } of trials) {
    for (const { kind, name, score, outcome } of results) {
      // A scorer that failed has no score.
      if (kind !== 'scorer' || outcome === 'error') continue
      const { sum, min, count } = groups.get(name) ?? { sum: 0, min: 1, count: 0 }
      groups.set(name, { sum: sum + score, min: Math.min(min, score), count: count + 1 })
    }
  }
  return [...groups].map(([name, { sum, min, count }]) => ({ name, mean: sum / count, min, count }))
}
