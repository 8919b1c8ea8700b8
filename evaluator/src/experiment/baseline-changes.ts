import type { Store } from '@weir/store'
import type { Interval } from '@weir/store/compare'
import { listResults } from '@weir/store/evaluations'
import { getRunRecords } from '@weir/store/pages'
import { factsOf, type TrialFacts } from '../runner/trial-facts.ts'
import type { Plan } from './plan.ts'
import { type JudgedTrial, toTotals, toTrials } from './report.ts'

/** A mean over the cases that both experiments have, in each. */
export interface Change {
  readonly name: string
  readonly mean: number
  readonly baseline: number
}

/** Of a pass rate or a score, with the 95 % intervals of both means; the cases are n. */
export interface ShareChange extends Change {
  readonly interval: Interval
  readonly baselineInterval: Interval
}

/** What changed against the baseline. A case passes if all of its trials do. */
export interface BaselineChanges {
  readonly experimentId: string
  /** Ids of cases that passed in the baseline and do not now, and the other way round. */
  readonly broke: readonly string[]
  readonly mended: readonly string[]
  /** Ids of cases that only one of them has. */
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** 0..1. */
  readonly passRate: ShareChange
  readonly scores: readonly ShareChange[]
  /** Milliseconds of a trial. */
  readonly duration: Change
  /** US dollars of a trial. */
  readonly cost: Change
}

/** The changes of an experiment against its baseline; undefined if it has none, or they share no case. */
export async function readBaselineChanges(
  plan: Plan,
  trials: readonly JudgedTrial[],
  facts: ReadonlyMap<string, TrialFacts>,
  store: Store,
): Promise<BaselineChanges | undefined> {
  const { baselineExperimentId: experimentId } = plan
  if (experimentId === undefined) return undefined
  const [results, records] = await Promise.all([
    listResults(store, { experimentId }),
    getRunRecords(store, { experimentId }),
  ])
  const baselineFacts = new Map(records.map((record) => [record.runId, factsOf(record)]))
  return changesBetween({ experimentId, trials: toTrials(results), facts: baselineFacts }, { trials, facts })
}

interface Side {
  readonly trials: readonly JudgedTrial[]
  readonly facts: ReadonlyMap<string, TrialFacts>
}

/** The changes between two experiments; undefined if they share no case. */
export function changesBetween(
  baseline: Side & { readonly experimentId: string },
  candidate: Side,
): BaselineChanges | undefined {
  const [before, after] = [casesOf(baseline), casesOf(candidate)]
  const shared = [...after.keys()].filter((id) => before.has(id))
  if (shared.length === 0) return undefined
  const isPassed = (trials: readonly JudgedTrial[]) => trials.every(({ outcome }) => outcome === 'passed')
  const verdicts = shared.map((id) => ({ id, was: isPassed(before.get(id)!), is: isPassed(after.get(id)!) }))
  const of = (cases: ReadonlyMap<string, readonly JudgedTrial[]>) => shared.flatMap((id) => cases.get(id)!)
  const [old, now] = [of(before), of(after)]
  const [oldTotals, totals] = [toTotals(old), toTotals(now)]
  return {
    experimentId: baseline.experimentId,
    broke: verdicts.filter(({ was, is }) => was && !is).map(({ id }) => id),
    mended: verdicts.filter(({ was, is }) => !was && is).map(({ id }) => id),
    added: [...after.keys()].filter((id) => !before.has(id)),
    removed: [...before.keys()].filter((id) => !after.has(id)),
    passRate: {
      name: 'pass rate',
      mean: totals.passRate,
      baseline: oldTotals.passRate,
      interval: totals.passRateInterval!,
      baselineInterval: oldTotals.passRateInterval!,
    },
    scores: totals.scores.flatMap(({ name, mean, interval }) => {
      const was = oldTotals.scores.find((score) => score.name === name)
      return was === undefined
        ? []
        : [{ name, mean, baseline: was.mean, interval, baselineInterval: was.interval }]
    }),
    duration: {
      name: 'duration',
      mean: meanOf(now, ({ durationMs }) => durationMs),
      baseline: meanOf(old, ({ durationMs }) => durationMs),
    },
    cost: {
      name: 'cost',
      mean: meanOf(now, ({ runId }) => candidate.facts.get(runId)?.cost ?? 0),
      baseline: meanOf(old, ({ runId }) => baseline.facts.get(runId)?.cost ?? 0),
    },
  }
}

function casesOf({ trials }: Side): Map<string, JudgedTrial[]> {
  return Map.groupBy(trials, ({ caseId }) => caseId)
}

function meanOf(trials: readonly JudgedTrial[], value: (trial: JudgedTrial) => number): number {
  return trials.reduce((sum, trial) => sum + value(trial), 0) / trials.length
}
