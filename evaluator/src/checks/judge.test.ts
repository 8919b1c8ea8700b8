import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type RunSketch, toRun } from '../testing.ts'
import type { Check, CheckOutcome } from './check.ts'
import { describeCheck } from './describe.ts'
import { judge } from './judge.ts'
import { parseChecks } from './parse-check.ts'

interface Vectors {
  readonly runs: Readonly<Record<string, RunSketch>>
  readonly vectors: readonly { readonly run: string; readonly check: Check; readonly outcome: CheckOutcome }[]
}

const { runs, vectors } = JSON.parse(
  readFileSync(new URL('../../fixtures/check-vectors.json', import.meta.url), 'utf8'),
) as Vectors

describe('golden vectors', () => {
  it.each(vectors.map((vector) => ({ ...vector, name: describeCheck(vector.check) })))(
    '$run: $name is $outcome',
    ({ run, check, outcome }) => {
      const judgement = judge(check, toRun(runs[run]!))
      expect(judgement.outcome, judgement.reason).toBe(outcome)
      expect(judgement.reason).not.toBe('')
    },
  )

  it('hold checks that survive JSON and are valid', () => {
    expect(parseChecks(vectors.map(({ check }) => check))).toEqual(vectors.map(({ check }) => check))
  })

  it('reach every type of check with every outcome that it can have', () => {
    const types = Object.groupBy(vectors, ({ check }) => check.type)
    for (const [type, group] of Object.entries(types)) {
      const outcomes = new Set(group?.map(({ outcome }) => outcome))
      expect([...outcomes].sort(), type).toEqual(['failed', 'passed', 'unverifiable'])
    }
    expect(Object.keys(types)).toHaveLength(16)
  })
})

describe('reasons', () => {
  it('show the steps of the run', () => {
    const run = toRun({
      steps: ['plan', { name: 'search', status: 'error', attempts: 2, duration: 1250 }, 'search'],
    })
    expect(judge({ type: 'step.succeeded', step: 'search' }, run).reason).toMatchInlineSnapshot(
      `""search" did not succeed. Steps: plan ok 10 ms, search error 1.25 s (2 attempts), search#1 ok 10 ms."`,
    )
    expect(
      judge({ type: 'step.order', steps: ['search', 'plan'], strict: false }, run).reason,
    ).toMatchInlineSnapshot(
      `"Expected the order search -> plan, but "plan" did not start after "search". Steps: plan ok 10 ms, search error 1.25 s (2 attempts), search#1 ok 10 ms."`,
    )
    expect(
      judge({ type: 'step.ran', step: 'plan', atLeast: 1, not: true }, run).reason,
    ).toMatchInlineSnapshot(
      `"Expected the opposite: "plan" ran once. Steps: plan ok 10 ms, search error 1.25 s (2 attempts), search#1 ok 10 ms."`,
    )
  })
})
