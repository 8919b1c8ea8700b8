import { WeirError } from '@weir/config'
import type { Store } from '@weir/store'
import type { Result } from '@weir/store/evaluations'
import type { TrialRunner } from '../runner/evaluation-code.ts'
import type { TrialRun } from '../runner/run-trial.ts'
import { type ReportUsage, sumUsage, type TrialFacts } from '../runner/trial-facts.ts'
import { readBaselineChanges } from './baseline-changes.ts'
import { judgeBaseline, judgeGates } from './gates.ts'
import type { Plan } from './plan.ts'
import { type ExperimentReport, type Mode, toReport, toTrials } from './report.ts'

/** Applies the gates to judged results and reports both. */
export async function concludeExperiment(
  plan: Plan,
  mode: Mode,
  results: readonly Result[],
  facts: ReadonlyMap<string, TrialFacts>,
  usage: ReportUsage,
  store: Store | undefined,
  error?: string,
): Promise<ExperimentReport> {
  const trials = toTrials(results)
  const [baseline, changes] = await Promise.all([
    error === undefined ? judgeBaseline(plan, store) : [],
    store === undefined ? undefined : readBaselineChanges(plan, trials, facts, store),
  ])
  const of = trials.flatMap(({ runId }) => facts.get(runId) ?? [])
  const gates = [...judgeGates(plan.outline.gates, trials, { trials: sumUsage(of), all: usage }), ...baseline]
  return toReport(plan, mode, results, { gates, facts, usage, changes, error })
}

/** If no trial could even be run, nothing was evaluated; nor can it be told what code was to do that tried to end its process. */
export function crashProblem(
  trialRuns: readonly TrialRun[],
  { unowned }: Pick<TrialRunner, 'unowned'>,
): string | undefined {
  const [first] = trialRuns
  if (first !== undefined && trialRuns.every(({ error }) => error?.reason === 'crashed'))
    return `No trial could be run: ${first.error?.message}`
  return unowned.size === 0 ? undefined : `Outside of any trial: ${[...unowned].join(' ')}`
}

/** The results of trials that threw once they had ended, as errors. */
export function lateErrors(results: readonly Result[], late: ReadonlyMap<string, string>): Result[] {
  return results
    .filter(({ kind, runId, outcome }) => kind === 'task' && outcome !== 'error' && late.has(runId))
    .map((result) => ({ ...result, outcome: 'error', score: 0, reason: late.get(result.runId)! }))
}

/** Results, some of them by newer ones of the same trials and names. */
export function replaceResults(results: readonly Result[], newer: readonly Result[]): Result[] {
  if (newer.length === 0) return [...results]
  const key = ({ caseId, trial, kind, name }: Result) => JSON.stringify([caseId, trial, kind, name])
  return [...new Map([...results, ...newer].map((result) => [key(result), result])).values()]
}

/** The money that the evaluation may spend is spent. */
class BudgetError extends WeirError {
  override readonly code = 'BUDGET'
}

/** Aborts when `signal` does, and when trials have cost what they may: `spent` is told the US dollars of all so far; undefined without a budget. */
export function withBudget(
  budget: number | undefined,
  signal: AbortSignal | undefined,
): { readonly signal: AbortSignal; readonly spent: ((dollars: number) => void) | undefined } {
  const controller = new AbortController()
  return {
    signal: signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]),
    spent:
      budget === undefined
        ? undefined
        : (dollars) => {
            if (dollars < budget) return
            controller.abort(
              new BudgetError(`the budget of $${budget} is spent ($${Number(dollars.toPrecision(3))})`),
            )
          },
  }
}
