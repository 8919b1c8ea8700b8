import { describe, expect, it } from 'vitest'
import { after, before, changes, intervals, side, trialOf } from '../reporters/testing.ts'
import { type BaselineChanges, changesBetween } from './baseline-changes.ts'

describe('changes against a baseline', () => {
  it('are of the cases that both have', () => {
    expect(changes).toEqual({
      experimentId: 'e0',
      ...{ broke: ['moon'], mended: ['sun'], added: ['new'], removed: ['old'] },
      passRate: { name: 'pass rate', mean: 0.5, baseline: 0.5, ...intervals(0.5, 0.5) },
      scores: [{ name: 'brevity', mean: 0.625, baseline: 0.75, ...intervals(0.625, 0.75) }],
      duration: { name: 'duration', mean: 150, baseline: 100 },
      cost: { name: 'cost', mean: 0.01, baseline: 0.01 },
    } satisfies BaselineChanges)
  })

  it('break a case if one of its trials does not pass', () => {
    const trials = [trialOf('moon', 'passed', 1), trialOf('moon', 'error', 1, 1, 1)]
    expect(changesBetween({ experimentId: 'e0', ...side(before) }, side(trials))).toMatchObject({
      broke: ['moon'],
    })
  })

  it('are none where no case is shared', () => {
    expect(changesBetween({ experimentId: 'e0', ...side([]) }, side(after))).toBeUndefined()
  })
})
