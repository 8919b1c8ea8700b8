import { expect, it } from 'vitest'
import { run } from '../checks/matchers.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { outlineOf } from '../evaluation/outline.ts'
import type { TrialRun } from '../runner/run-trial.ts'
import { Judging } from './judging.ts'
import { planOf } from './plan.ts'
import { useStore } from './testing.ts'

const store = useStore()

it('who judges while others do judges no trial twice, and a trial that ends meanwhile is judged after it', async () => {
  const outline = outlineOf(evaluate('e', { task: () => 1, data: [], checks: [run.toSucceed()] }))
  const cases = ['a', 'b', 'c'].map((id) => ({ id, input: 1 }))
  const plan = planOf(outline, undefined, outline.variants[0]!, { cases, dataset: '', hash: '' })
  const crashed = (caseId: string): TrialRun => ({
    ...{ caseId, trial: 0, runId: '', durationMs: 1 },
    error: { reason: 'crashed', message: 'it exited' },
  })
  const asked: string[] = []
  const judging = new Judging(plan, store(), async (_item, trialRun) => {
    asked.push(trialRun.caseId)
    const { caseId, trial, runId } = trialRun
    const result = { experimentId: plan.experimentId, caseId, trial, runId, kind: 'task', name: '' } as const
    return [{ ...result, outcome: 'error', score: 0, reason: 'crashed', durationNs: 1 }]
  })
  judging.add(crashed('a'), Date.now())
  judging.add(crashed('b'), Date.now())
  const first = judging.judgeArrived().then(() => void asked.push('the first is done'))
  // It asks the store by then.
  await new Promise(setImmediate)
  judging.add(crashed('c'), Date.now())
  await Promise.all([first, judging.judgeArrived()])
  expect(asked).toEqual(['a', 'b', 'the first is done', 'c'])
  expect(judging.results.map(({ caseId }) => caseId)).toEqual(['a', 'b', 'c'])
})
