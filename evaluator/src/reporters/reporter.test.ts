import { expect, it } from 'vitest'
import { trialNames } from './reporter.ts'

const trialOf = (caseId: string, trial: number) => ({
  caseId,
  trial,
  runId: '',
  outcome: 'passed' as const,
  durationMs: 1,
  results: [],
})

it('counts the trials of a case from 1, the first one too', () => {
  const trials = [trialOf('a', 0), trialOf('a', 1), trialOf('b', 1), trialOf('b', 0)]
  expect(trials.map(trialNames(trials))).toEqual([
    'a (trial 1 of 2)',
    'a (trial 2 of 2)',
    'b (trial 2 of 2)',
    'b (trial 1 of 2)',
  ])
})

it('names the case alone where each has one trial', () => {
  const trials = [trialOf('a', 0), trialOf('b', 0)]
  expect(trials.map(trialNames(trials))).toEqual(['a', 'b'])
})
