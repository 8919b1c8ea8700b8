import { describe, expect, it } from 'vitest'
import { toRun } from '../testing.ts'
import { describeCheck, judge, parseChecks } from './judge.ts'
import { childRuns, steps, tools } from './matchers.ts'

describe('checks on selected executions', () => {
  const checks = [
    steps.every('send').toBePrecededBy('guard'),
    steps.every('send').not.toBePrecededBy('guard'),
    steps.at('search', 1).toHaveSucceeded(),
    steps.at('search', 0).not.toHaveStatus('error'),
    steps.at('search', 0).toHaveRetriedAtMost(2),
    tools.at('search', 0).toHaveFinishedWithin('2s'),
    steps.in('agent').toHaveOrder('plan', 'act', { strict: true }),
    steps.in('agent', 1).not.toHaveRun('send'),
    tools.in('agent').at('search', 0).toHaveSucceeded(),
    steps.in("it's").every('send').toBePrecededBy('guard'),
  ]

  it('are named as they are written', () => {
    expect(checks.map(describeCheck)).toEqual([
      "steps.every('send').toBePrecededBy('guard')",
      "steps.every('send').not.toBePrecededBy('guard')",
      "steps.at('search', 1).toHaveSucceeded()",
      "steps.at('search', 0).not.toHaveStatus('error')",
      "steps.at('search', 0).toHaveRetriedAtMost(2)",
      "tools.at('search', 0).toHaveFinishedWithin('2s')",
      "steps.in('agent').toHaveOrder('plan', 'act', { strict: true })",
      "steps.in('agent', 1).not.toHaveRun('send')",
      "tools.in('agent').at('search', 0).toHaveSucceeded()",
      "steps.in('it\\'s').every('send').toBePrecededBy('guard')",
    ])
  })

  it('are data', () => {
    expect(parseChecks(JSON.parse(JSON.stringify(checks)))).toEqual(checks)
  })

  it('refuse what is no name and no occurrence', () => {
    expect(() => steps.at('search', -1)).toThrow('Expected an occurrence, counted from 0, got -1 (number)')
    expect(() => steps.in('')).toThrow('Expected a name, got ""')
    expect(() => steps.every('').toBePrecededBy('guard')).toThrow('Expected a name')
    const inside = { ...childRuns.toHaveRun('inner'), in: { name: 'agent' } }
    expect(() => parseChecks([inside])).toThrow('child runs are not known by step')
  })
})

describe('what runs in a step', () => {
  const run = toRun({
    duration: 100,
    steps: [
      { name: 'agent', start: 0, duration: 40 },
      { name: 'plan', start: 1, duration: 5, parent: 'agent' },
      { name: 'act', start: 10, duration: 25, parent: 'agent' },
      { name: 'check', start: 12, duration: 5, parent: 'act' },
      { name: 'act', start: 50 },
    ],
    tools: [
      { name: 'search', start: 13, step: 'check' },
      { name: 'search', start: 70 },
    ],
  })
  const outcome = (check: Parameters<typeof judge>[0]) => judge(check, run).outcome

  it('is there at any depth, and what runs outside is not', () => {
    expect(outcome(steps.in('agent').toHaveTrajectory(['plan', 'act', 'check']))).toBe('passed')
    expect(outcome(tools.in('agent').toHaveBeenCalled('search', { times: 1 }))).toBe('passed')
    expect(outcome(steps.in('agent').toHaveRun('agent'))).toBe('failed')
    expect(outcome(steps.in('plan').not.toHaveRun('act'))).toBe('passed')
  })

  it('is judged in every execution of the step', () => {
    expect(outcome(tools.in('act').toHaveBeenCalled('search'))).toBe('failed')
    expect(outcome(tools.in('act', 0).toHaveBeenCalled('search'))).toBe('passed')
    expect(judge(tools.in('act', 1).toHaveBeenCalled('search'), run).reason).toMatchInlineSnapshot(
      `"In "act#1": "search" was not called, expected at least once. It has no tool calls."`,
    )
    expect(outcome(tools.in('act').not.toHaveBeenCalled('search'))).toBe('failed')
  })

  it('is unverifiable where the step was not recorded, asked for or not', () => {
    for (const check of [steps.in('nothing').toHaveRun('a'), steps.in('nothing').not.toHaveRun('a')])
      expect(judge(check, run)).toEqual({
        outcome: 'unverifiable',
        reason: expect.stringMatching(/^"nothing" was not recorded/),
      })
    expect(judge(steps.in('act', 2).not.toHaveRun('a'), run).reason).toContain('"act" has no occurrence 2')
  })
})
