import type { RunRecord } from '@weir/store/run-model'
import { expect, it } from 'vitest'
import { judge } from '../checks/judge.ts'
import { childRuns, steps, tools } from '../checks/matchers.ts'
import { toRun } from '../testing.ts'
import { RecordedRuns } from './trial-records.ts'

const outer: RunRecord = {
  ...toRun({ tools: ['search'], children: [{ flow: 'inner', runId: 'inner' }] }),
  runId: 'outer',
}
const inner: RunRecord = {
  ...toRun({
    steps: ['before', 'look'],
    tools: [{ name: 'fetch', start: 12, step: 'look' }],
    children: ['leaf'],
  }),
  runId: 'inner',
  startUnixNano: outer.startUnixNano + 50_000_000n,
}
const runs = new RecordedRuns([outer, inner])

it('a plain function is judged with the steps, calls and child runs of the flows that it ran', () => {
  const trial = runs.trialRecord('outer', true)!
  expect(trial.steps.map(({ name, startNs }) => [name, startNs / 1e6])).toEqual([
    ['before', 50],
    ['look', 60],
  ])
  expect(trial.calls.map(({ name, startNs, step }) => [name, startNs / 1e6, step])).toEqual([
    ['search', 0, -1],
    ['fetch', 62, 1],
  ])
  expect(trial.children.map(({ flow }) => flow)).toEqual(['inner', 'leaf'])
  // The record of the leaf did not arrive.
  expect(trial.children.map(({ isIncluded }) => isIncluded)).toEqual([true, false])
  for (const check of [
    tools.toHaveTrajectory(['search', 'fetch']),
    tools.not.toHaveBeenCalled('send_email'),
    steps.toHaveRun('look'),
    childRuns.toHaveSucceeded('leaf'),
  ]) {
    expect(judge(check, trial).outcome).toBe('passed')
  }
})

it('a flow is judged by its own run', () => {
  expect(runs.trialRecord('outer', false)).toBe(outer)
})
