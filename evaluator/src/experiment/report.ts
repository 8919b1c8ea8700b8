import { relative } from 'node:path'
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
import { type ReportUsage, sumUsage, type TrialFacts } from '../runner/trial-facts.ts'
import type { BaselineChanges } from './baseline-changes.ts'
import type { Plan } from './plan.ts'

/** One trial with all of its results. */
export interface JudgedTrial {
  readonly caseId: string
  readonly trial: number
  readonly runId: string
  readonly outcome: Outcome
  readonly durationMs: number
  /** The task first. */
  readonly results: readonly Result[]
}

/** A trial with what its run was about. */
export interface TrialReport extends JudgedTrial, TrialFacts {
  readonly input: unknown
  /** Undefined if the case has none. */
  readonly reference: unknown
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

/** One experiment and its results. Its usage is that of all its runs: those that were repeated, and those of scorers, too. */
export interface ExperimentReport extends ReportTotals, ReportUsage {
  readonly experimentId: string
  readonly evaluation: string
  /** Relative to the working directory; '' if it came from no file. */
  readonly file: string
  readonly variant: string
  readonly flow: string
  readonly version: string
  /** Of the code under test; '' if it is not known. */
  readonly revision: string
  /** `name@version`; '' for data in the definition or a file. */
  readonly dataset: string
  /** SHA-256 of the cases. */
  readonly datasetHash: string
  readonly mode: Mode
  readonly status: Exclude<ExperimentStatus, 'running'>
  /** Cases x trials. */
  readonly planned: number
  /** '' if there was none. */
  readonly baselineExperimentId: string
  /** Ids of cases of which some trials passed and some did not. */
  readonly flaky: readonly string[]
  /** Undefined without a baseline. */
  readonly changes: BaselineChanges | undefined
  readonly gates: readonly GateResult[]
  /** Why it could not be evaluated; '' if it could. */
  readonly error: string
  readonly durationMs: number
  readonly trials: readonly TrialReport[]
}

export function plannedTrials(plan: Pick<Plan, 'cases' | 'trials'>): number {
  return plan.cases.length * plan.trials
}

/** What is known of an experiment besides its results. */
export interface ReportDetails {
  readonly gates?: readonly GateResult[]
  /** By run id. */
  readonly facts?: ReadonlyMap<string, TrialFacts>
  /** Of all runs; undefined: that of the trials' runs is all that is known. */
  readonly usage?: ReportUsage | undefined
  readonly changes?: BaselineChanges | undefined
  /** Why it could not be evaluated as a whole. */
  readonly error?: string | undefined
}

/** The report of judged results. */
export function toReport(
  plan: Plan,
  mode: Mode,
  results: readonly Result[],
  { gates = [], facts = new Map(), usage, changes, error }: ReportDetails,
): ExperimentReport {
  const cases = new Map(plan.cases.map((item) => [item.id, item]))
  const trials = toTrials(results).map((trial): TrialReport => {
    const { input, reference } = cases.get(trial.caseId) ?? {}
    return { ...trial, input, reference, ...(facts.get(trial.runId) ?? NO_FACTS) }
  })
  const totals = toTotals(trials)
  const planned = plannedTrials(plan)
  const noCases = totals.evaluated === 0 ? 'Nothing was evaluated: there are no cases.' : undefined
  // A stored experiment without an error has ''.
  const problem = error || noCases
  return {
    experimentId: plan.experimentId,
    evaluation: plan.outline.name,
    file: plan.file === undefined ? '' : relative(process.cwd(), plan.file).replaceAll('\\', '/'),
    variant: plan.variant.name,
    flow: plan.variant.flow,
    version: plan.variant.version,
    revision: plan.revision,
    dataset: plan.dataset,
    datasetHash: plan.datasetHash,
    mode,
    status:
      problem !== undefined
        ? 'error'
        : gates.every(({ outcome }) => outcome === 'passed')
          ? 'passed'
          : 'failed',
    planned,
    baselineExperimentId: plan.baselineExperimentId ?? '',
    flaky: flakyCases(trials),
    changes,
    gates,
    error: problem ?? '',
    durationMs: Math.max(0, Date.now() - plan.startedMs),
    ...totals,
    ...(usage ?? sumUsage(trials)),
    trials,
  }
}

function flakyCases(trials: readonly JudgedTrial[]): string[] {
  const outcomes = Map.groupBy(trials, ({ caseId }) => caseId)
  return [...outcomes].flatMap(([caseId, own]) => {
    const passed = own.filter(({ outcome }) => outcome === 'passed').length
    return passed > 0 && passed < own.length ? [caseId] : []
  })
}

const NO_FACTS: TrialFacts = {
  output: undefined,
  outputLength: 0,
  inputTokens: 0,
  outputTokens: 0,
  cost: 0,
  isCostPartial: false,
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
export function toTrials(results: readonly Result[]): JudgedTrial[] {
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

export function toTotals(trials: readonly JudgedTrial[]): ReportTotals {
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

function toScores(trials: readonly JudgedTrial[]): ScoreSummary[] {
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
