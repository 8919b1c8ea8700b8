import { readFileSync } from 'node:fs'
import { parseExact, stringifyExact } from '@weir/store'
import { describe, expect, it } from 'vitest'
import { contains, exactMatch } from '../scorers/text.ts'
import { type RunSketch, toRun } from '../testing.ts'
import type { Check, CheckOutcome } from './check.ts'
import { describeCheck } from './describe.ts'
import { judge } from './judge.ts'
import { runMatchers } from './matchers.ts'
import { parseRecorded } from './output-checks.ts'
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

describe('numbers of an output', () => {
  const matchers = runMatchers((check) => check)
  const outcome = (check: Check, output: string) => judge(check, toRun({ output })).outcome

  it('are compared by what they are worth, whatever their size', () => {
    const check = matchers.toHaveOutputEqual({ id: 9_007_199_254_740_993n })
    expect(outcome(check, '{"id":9007199254740993}')).toBe('passed')
    expect(outcome(check, '{"id":9007199254740992}')).toBe('failed')
    expect(judge(check, toRun({ output: '{"id":9007199254740992}' })).reason).toBe(
      'Expected the output {"id":9007199254740993}, got {"id":9007199254740992}.',
    )
    const contained = matchers.toHaveOutputContaining(9_007_199_254_740_993n)
    expect(outcome(contained, '[1,9007199254740993]')).toBe('passed')
    expect(outcome(contained, '[1,9007199254740992]')).toBe('failed')
    expect(outcome(matchers.toHaveOutputEqual(0), '-0.0')).toBe('passed')
    expect(outcome(matchers.toHaveOutputEqual(1), '1.0')).toBe('passed')
    expect(outcome(matchers.toHaveOutputEqual(1e21), '1000000000000000000000')).toBe('passed')
    expect(outcome(matchers.toHaveOutputEqual(1), '1e400')).toBe('failed')
    expect(judge(matchers.toHaveOutputEqual(1), toRun({ output: '1e400' })).reason).toContain('got 1e400')
  })

  it('are refused in a check where JavaScript may have rounded them', () => {
    const message =
      'is 9007199254740992, an integer beyond 2^53, which JavaScript rounds: write it as a bigint'
    expect(() => matchers.toHaveOutputEqual({ ids: [2 ** 53] })).toThrow(`ids[0] ${message}`)
    expect(() => matchers.toHaveOutputContaining(Number.NaN)).toThrow('the value is NaN')
    expect(() => matchers.toHaveOutputMatching({ const: 2 ** 53 })).toThrow(`const ${message}`)
    expect(() => parseChecks([{ type: 'output.equal', value: 2 ** 53 }])).toThrow(message)
  })

  it('stay what they are where checks are stored', () => {
    const checks = [
      matchers.toHaveOutputEqual({ id: [9_007_199_254_740_993n] }),
      matchers.toHaveOutputContaining(2n ** 64n),
    ]
    expect(parseChecks(parseExact(stringifyExact(checks)!))).toEqual(checks)
    expect(checks.map(describeCheck)).toEqual([
      'run.toHaveOutputEqual({"id":[9007199254740993]})',
      'run.toHaveOutputContaining(18446744073709551616)',
    ])
  })

  it('are 64-bit numbers to a schema', () => {
    const integers = matchers.toHaveOutputMatching({ type: 'integer', minimum: 1 })
    expect(outcome(integers, '9007199254740993')).toBe('passed')
  })

  it('are exact to scorers', () => {
    const run = toRun({ output: '{"id":9007199254740993}' })
    const scored = { input: null, output: parseRecorded(run.output), run }
    expect(exactMatch({ ...scored, reference: { id: 9_007_199_254_740_993n } })).toMatchObject({ score: 1 })
    expect(exactMatch({ ...scored, reference: { id: 9_007_199_254_740_992n } })).toMatchObject({ score: 0 })
    expect(contains({ ...scored, reference: '740993}' })).toMatchObject({ score: 1 })
  })
})
