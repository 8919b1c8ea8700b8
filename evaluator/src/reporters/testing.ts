import { shareInterval } from '@weir/store/compare'
import type { Outcome, Result } from '@weir/store/evaluations'
import { type BaselineChanges, changesBetween, type ShareChange } from '../experiment/baseline-changes.ts'
import type { ExperimentReport, TrialReport } from '../experiment/report.ts'

export function trialOf(
  caseId: string,
  outcome: Outcome,
  score: number,
  durationMs = 100,
  trial = 0,
): TrialReport {
  const of = { experimentId: 'e1', caseId, trial, runId: `run ${caseId} ${trial}`, durationNs: 0 }
  const check = { ...of, kind: 'check' as const, name: "steps.toHaveRun('search')" }
  const results: Result[] = [
    { ...of, kind: 'task', name: '', outcome: 'passed', score: 1, reason: '' },
    {
      ...check,
      outcome,
      score: outcome === 'passed' ? 1 : 0,
      reason: outcome === 'passed' ? '' : 'it did not run',
    },
    { ...of, kind: 'scorer', name: 'brevity', outcome: 'passed', score, reason: '' },
  ]
  const facts = {
    output: { a: 1n },
    outputLength: 0,
    inputTokens: 10,
    outputTokens: 5,
    cost: 0.01,
    isCostPartial: false,
  }
  return {
    caseId,
    trial,
    runId: of.runId,
    outcome,
    durationMs,
    input: { id: 2n ** 60n },
    reference: undefined,
    ...facts,
    results,
  }
}

interface Side {
  readonly trials: readonly TrialReport[]
  readonly facts: ReadonlyMap<string, TrialReport>
}

export const side = (trials: readonly TrialReport[]): Side => ({
  trials,
  facts: new Map(trials.map((trial) => [trial.runId, trial])),
})

export const before: readonly TrialReport[] = [
  trialOf('moon', 'passed', 1),
  trialOf('sun', 'failed', 0.5),
  trialOf('old', 'passed', 1),
]
export const after: readonly TrialReport[] = [
  trialOf('moon', 'failed', 0.5, 200),
  trialOf('sun', 'passed', 0.75, 100),
  trialOf('new', 'passed', 1),
]
export const changes: BaselineChanges | undefined = changesBetween(
  { experimentId: 'e0', ...side(before) },
  side(after),
)

export const report: ExperimentReport = {
  experimentId: 'e1',
  evaluation: 'research.pipeline',
  file: 'evals/research.eval.ts',
  variant: '',
  flow: 'research',
  version: '2',
  revision: '0123456789abcdef',
  dataset: 'queries@1',
  datasetHash: 'abc',
  mode: 'recorded',
  status: 'failed',
  planned: 3,
  decidedAfter: null,
  baselineExperimentId: 'e0',
  flaky: [],
  changes,
  gates: [
    { name: 'pass rate >= 1', outcome: 'failed', reason: '2 of 3 passed (0.6667)' },
    { name: 'mean of brevity >= 0.5', outcome: 'passed', reason: 'it is 0.75 of 3' },
  ],
  error: '',
  durationMs: 1500,
  evaluated: 3,
  passed: 2,
  failed: 1,
  errors: 0,
  passRate: 2 / 3,
  passRateInterval: { low: 0.208, high: 0.939 },
  passAt: [],
  scores: [{ name: 'brevity', mean: 0.75, min: 0.5, count: 3, interval: { low: 0.26, high: 0.96 } }],
  inputTokens: 30,
  outputTokens: 15,
  cost: 0.03,
  isCostPartial: false,
  trials: after,
}

/** Of means over two cases. */
export const intervals = (
  mean: number,
  baseline: number,
): Pick<ShareChange, 'interval' | 'baselineInterval'> => ({
  interval: shareInterval(mean, 2),
  baselineInterval: shareInterval(baseline, 2),
})
