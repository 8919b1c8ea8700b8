import { relative } from 'node:path'
import { type CaseTrials, type Interval, type PassAt, passAt, shareInterval } from '@weir/store/compare'
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
  /** Of the pass rate, 95 %, with the cases as n; null if nothing was evaluated. */
  readonly passRateInterval: Interval | null
  readonly scores: readonly ReportScore[]
}

/** A score over the trials that have it. */
export interface ReportScore extends ScoreSummary {
  /** Of the mean, 95 %, with the cases as n. */
  readonly interval: Interval
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
  /** Trials of each case after which all gates were decided, so that no more ran; null: all ran. */
  readonly decidedAfter: number | null
  /** '' if there was none. */
  readonly baselineExperimentId: string
  /** pass@k and pass^k, by k; empty where a case has one trial. */
  readonly passAt: readonly PassAt[]
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

export function plannedTrials({
  cases,
  trials,
  decidedAfter = trials,
}: Pick<Plan, 'cases' | 'trials' | 'decidedAfter'>): number {
  return cases.length * decidedAfter
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
    decidedAfter: plan.decidedAfter ?? null,
    baselineExperimentId: plan.baselineExperimentId ?? '',
    passAt: toPassAt(trials),
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
  return countTrials(trials)
    .filter(({ passed, trials: of }) => passed > 0 && passed < of)
    .map(({ caseId }) => caseId)
}

/** How many trials of each case passed. */
export function countTrials(trials: readonly JudgedTrial[]): (CaseTrials & { readonly caseId: string })[] {
  return [...Map.groupBy(trials, ({ caseId }) => caseId)].map(([caseId, own]) => ({
    caseId,
    trials: own.length,
    passed: own.filter(({ outcome }) => outcome === 'passed').length,
  }))
}

/** The k that are shown, besides that of all trials. */
const SHOWN_K = [2, 3, 5, 10, 20, 50, 100]

function toPassAt(trials: readonly JudgedTrial[]): PassAt[] {
  const cases = countTrials(trials)
  const most = cases.reduce((least, { trials: own }) => Math.min(least, own), Infinity)
  if (cases.length === 0 || most === 1) return []
  return [...SHOWN_K.filter((k) => k < most), most].map((k) => passAt(cases, k)!)
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
  const cases = new Set(trials.map(({ caseId }) => caseId)).size
  return {
    evaluated: trials.length,
    passed,
    failed: trials.length - passed - errors,
    errors,
    passRate: trials.length === 0 ? 0 : passed / trials.length,
    passRateInterval: trials.length === 0 ? null : shareInterval(passed / trials.length, cases),
    scores: toScores(trials),
  }
}

function toScores(trials: readonly JudgedTrial[]): ReportScore[] {
  const groups = new Map<string, { sum: number; min: number; count: number; cases: Set<string> }>()
  for (const { caseId, results } of trials) {
    for (const { kind, name, score, outcome } of results) {
      // A scorer that failed has no score.
      if (kind !== 'scorer' || outcome === 'error') continue
      const { sum, min, count, cases } = groups.get(name) ?? { sum: 0, min: 1, count: 0, cases: new Set() }
      groups.set(name, {
        sum: sum + score,
        min: Math.min(min, score),
        count: count + 1,
        cases: cases.add(caseId),
      })
    }
  }
  return [...groups].map(([name, { sum, min, count, cases }]) => {
    const mean = sum / count
    return { name, mean, min, count, interval: shareInterval(mean, cases.size) }
  })
}
