import { readFileSync } from 'node:fs'
import { parseExact, stringifyExact } from '@weir/store/text'
import { describe, expect, it } from 'vitest'
import { contains, exactMatch } from '../scorers/text.ts'
import { type RunSketch, toRun } from '../testing.ts'
import { CheckError, type CheckOutcome } from './check.ts'
import { describeCheck, judge, parseChecks } from './judge.ts'
import { agents, childRuns, run as matchers, steps, tools } from './matchers.ts'
import { outputOf } from './output-checks.ts'
import { type Check, checkSchema } from './table.ts'

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

  it('of what a subject does not have are refused', () => {
    for (const wrong of [
      { type: 'execution.retries', of: 'tools', name: 'search', atMost: 1 },
      { type: 'execution.fallback', of: 'tools', name: 'search' },
      { type: 'execution.order', of: 'childRuns', names: ['a', 'b'], strict: false },
      { type: 'execution.duration', of: 'childRuns', name: 'a', atMostNs: 1 },
      { type: 'execution.ran', of: 'prompts', name: 'a', atLeast: 1 },
      { type: 'execution.ran', name: 'a', atLeast: 1 },
    ]) {
      expect(() => parseChecks([wrong]), JSON.stringify(wrong)).toThrow(CheckError)
    }
  })

  it('reach every type of check with every outcome that it can have', () => {
    const types = Object.groupBy(vectors, ({ check }) => check.type)
    for (const [type, group] of Object.entries(types)) {
      const outcomes = new Set(group?.map(({ outcome }) => outcome))
      expect([...outcomes].sort(), type).toEqual(['failed', 'passed', 'unverifiable'])
    }
    const all = checkSchema.options.map(({ shape }) => shape.type.value)
    expect(Object.keys(types).sort()).toEqual(all.sort())
  })
})

describe('reasons', () => {
  it('show the steps of the run', () => {
    const run = toRun({
      steps: ['plan', { name: 'search', status: 'error', attempts: 2, duration: 1250 }, 'search'],
    })
    expect(judge(steps.toHaveSucceeded('search'), run).reason).toMatchInlineSnapshot(
      `""search" did not succeed. Steps: plan ok 10 ms, search error 1.25 s (2 attempts), search#1 ok 10 ms."`,
    )
    expect(judge(steps.toHaveOrder('search', 'plan'), run).reason).toMatchInlineSnapshot(
      `"Expected the order search -> plan, but "plan" did not start after "search". Steps: plan ok 10 ms, search error 1.25 s (2 attempts), search#1 ok 10 ms."`,
    )
    expect(judge(steps.not.toHaveRun('plan'), run).reason).toMatchInlineSnapshot(
      `"Expected the opposite: "plan" ran once. Steps: plan ok 10 ms, search error 1.25 s (2 attempts), search#1 ok 10 ms."`,
    )
  })

  it('show the calls of a check on calls, and child runs', () => {
    const run = toRun({
      steps: ['plan'],
      tools: ['search', { name: 'send_email', status: 'error', duration: 30 }, 'search'],
      children: ['summarise', { flow: 'translate', status: 'error' }],
    })
    expect(judge(tools.not.toHaveBeenCalled('send_email'), run).reason).toMatchInlineSnapshot(
      `"Expected the opposite: "send_email" was called once. Tool calls: search ok 10 ms, send_email error 30 ms, search#1 ok 10 ms."`,
    )
    expect(judge(tools.toHaveSucceeded('send_email'), run).reason).toMatchInlineSnapshot(
      `""send_email" did not succeed. Tool calls: search ok 10 ms, send_email error 30 ms, search#1 ok 10 ms."`,
    )
    expect(judge(childRuns.toHaveSucceeded('translate'), run).reason).toMatchInlineSnapshot(
      `""translate" did not succeed. Child runs: summarise ok, translate error."`,
    )
    expect(judge(agents.toHaveBeenCalled('researcher'), run).reason).toMatchInlineSnapshot(
      `""researcher" was not called, expected at least once. The run has no agent calls."`,
    )
  })

  it('say why nothing can be told', () => {
    expect(
      judge(tools.not.toHaveBeenCalled('send_email'), toRun({ output: 'x' })).reason,
    ).toMatchInlineSnapshot(
      `""send_email" was not called. The run has no tool calls. The run recorded no steps, no calls and no child runs: what it did not do cannot be told."`,
    )
    const unsure = toRun({ steps: [{ name: 'plan', duration: 10, uncertain: 3 }, 'search'] })
    expect(judge(steps.toHaveFinishedWithin('plan', 12), unsure).reason).toMatchInlineSnapshot(
      `""plan" took 10 ms +/- 3 ms, because its recorded times contradict those of its run. Steps: plan ok 10 ms +/- 3 ms, search ok 10 ms."`,
    )
    const cut = toRun({ output: 'abc', outputType: 'text', outputLength: 70_000 })
    expect(judge(matchers.toHaveOutputContaining('abc'), cut).reason).toMatchInlineSnapshot(
      `"The output had 70000 characters and was cut when it was recorded: raise capture.maxLength."`,
    )
    const removed = toRun({ output: '', outputType: 'json', outputLength: 12 })
    expect(judge(matchers.toHaveOutputContaining('abc'), removed).reason).toMatchInlineSnapshot(
      `"The output had 12 characters and was removed by retention."`,
    )
  })
})

describe('numbers of an output', () => {
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
    const scored = { input: null, output: outputOf(run), run }
    expect(exactMatch({ ...scored, reference: { id: 9_007_199_254_740_993n } })).toMatchObject({ score: 1 })
    expect(exactMatch({ ...scored, reference: { id: 9_007_199_254_740_992n } })).toMatchObject({ score: 0 })
    expect(contains({ ...scored, reference: '740993}' })).toMatchObject({ score: 1 })
  })
})
