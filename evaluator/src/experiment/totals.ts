import type { Outcome, Result, ScoreSummary } from '@weir/store/evaluations'

/** One trial with everything that judged it. */
export interface TrialReport {
  readonly caseId: string
  readonly trial: number
  readonly runId: string
  readonly outcome: Outcome
  readonly durationMs: number
  /** The task first. */
  readonly results: readonly Result[]
}

export interface Totals {
  readonly evaluated: number
  readonly passed: number
  readonly failed: number
  readonly errors: number
  readonly passRate: number
  readonly scores: readonly ScoreSummary[]
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

export function toTotals(trials: readonly TrialReport[]): Totals {
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
    for (const { kind, name, score } of results) {
      if (kind !== 'scorer') continue
      const { sum, min, count } = groups.get(name) ?? { sum: 0, min: 1, count: 0 }
      groups.set(name, { sum: sum + score, min: Math.min(min, score), count: count + 1 })
    }
  }
  return [...groups].map(([name, { sum, min, count }]) => ({ name, mean: sum / count, min, count }))
}
