import assert from 'node:assert/strict'
import { flow } from '@weir/sdk'
import { describe, expect, it } from 'vitest'
import { run } from '../checks/matchers.ts'
import type { Definition, Evaluation, ScoreGate, ScorerFunction } from '../evaluation/definition.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { evaluateLocally } from '../local/testing.ts'

const research = flow('research', async (input: { query: string }) => {
  await flow.step('plan', () => input.query)
  return `about ${input.query}`
})

const base = {
  task: research,
  data: [
    { id: 'launch', input: { query: 'launch' }, reference: 'about launch' },
    { input: { query: 'moon' } },
  ],
  checks: [run.toSucceed()],
} satisfies Definition<{ query: string }, string>

const reportOf = async (evaluation: Evaluation) => (await evaluateLocally(evaluation))[0]!

describe('what judges a trial', () => {
  it('takes assertions of expect, and refuses an expect that asserts nothing', async () => {
    const asserting = await reportOf(
      evaluate('expects', {
        ...base,
        checks: [],
        expect: ({ expect: on, output }) => {
          on.steps.toHaveSucceeded('plan')
          if (String(output).includes('moon')) on.run.not.toSucceed()
        },
      }),
    )
    expect(asserting).toMatchObject({ passed: 1, failed: 1 })
    const silent = await reportOf(evaluate('expects', { ...base, checks: [], expect: () => {} }))
    expect(silent).toMatchObject({ status: 'failed', passed: 0 })
  })

  it('lets expect assert with any library, but look at the run it must', async () => {
    const judged = async (expectation: NonNullable<Definition<{ query: string }, string>['expect']>) =>
      (await reportOf(evaluate('expects', { ...base, checks: [], expect: expectation }))).trials.map(
        ({ results }) => results[1],
      )
    const asserted = await judged(({ output }) => assert.equal(output, 'about moon'))
    expect(asserted).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining("+ 'about launch'") },
      { outcome: 'passed' },
    ])
    expect(await judged(({ run: of }) => expect(of.status).toBe('error'))).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining("expected 'ok' to be 'error'") },
      { outcome: 'failed' },
    ])
    expect(await judged(({ case: { id } }) => assert.ok(id))).toMatchObject([
      { outcome: 'unverifiable' },
      { outcome: 'unverifiable' },
    ])
    expect(await judged(() => assert.fail('no'))).toMatchObject([
      { outcome: 'failed' },
      { outcome: 'failed' },
    ])
    const broken = () => {
      throw new TypeError('x is not a function')
    }
    expect(await judged(broken)).toMatchObject([{ outcome: 'error' }, { outcome: 'error' }])
  })

  const scoredBy = (score: ScorerFunction<{ query: string }>, gate: ScoreGate | number) =>
    reportOf(
      evaluate('scored', {
        ...base,
        scorers: [{ name: 'good', score }],
        gates: { passRate: 0, scores: { good: gate } },
      }),
    )

  it('counts a scorer that fails as an error, never as a score', async () => {
    const wrong: readonly unknown[] = [2, -1, Number.NaN, null, undefined, 'good', {}, { score: '1' }]
    const scoredWith = (value: unknown) =>
      scoredBy(({ input }) => (input.query === 'moon' ? (value as never) : 1), 0.9)
    for (const report of await Promise.all(wrong.map(scoredWith))) {
      expect(report).toMatchObject({ status: 'failed', errors: 1, scores: [{ mean: 1, min: 1, count: 1 }] })
      expect(report.gates[1]).toEqual({
        name: 'mean of good >= 0.9',
        outcome: 'unverifiable',
        reason: 'it is 1 of 1; 1 could not be scored',
      })
    }
  })

  it('decides a gate on scores where those that are missing make no difference', async () => {
    const fails = ({ input }: { input: { query: string } }) => {
      if (input.query === 'moon') throw 'no'
      return 0.6
    }
    const outcome = async (gate: ScoreGate | number) => (await scoredBy(fails, gate)).gates[1]!.outcome
    const gates = [0.3, 0.31, 0.8, 0.81, { min: 0.6 }, { min: 0.61 }, { min: 0 }]
    expect(await Promise.all(gates.map(outcome))).toEqual([
      ...['passed', 'unverifiable', 'unverifiable', 'failed'],
      ...['unverifiable', 'failed', 'passed'],
    ])
  })

  it('tries a scorer again that failed', async () => {
    const tries = new Map<string, number>()
    const report = await scoredBy(({ case: { id } }) => {
      tries.set(id, (tries.get(id) ?? 0) + 1)
      if (tries.get(id)! < 3) throw Object.assign(new Error('too many requests'), { status: 429 })
      return 1
    }, 1)
    expect(report).toMatchObject({ status: 'passed', errors: 0, scores: [{ mean: 1, count: 2 }] })
    expect([...tries.values()]).toEqual([3, 3])
  })

  it('does not wait for ever for a scorer or an expect', async () => {
    const never = () => new Promise<never>(() => {})
    const report = await reportOf(
      evaluate('stuck', {
        task: (input: number) => input,
        data: [{ input: 1 }],
        scorers: [{ name: 'stuck', score: never }],
        gates: { scores: { stuck: 0 } },
        expect: never,
        timeout: '30ms',
      }),
    )
    expect(report).toMatchObject({ status: 'failed', errors: 1 })
    expect(report.trials[0]!.results.map(({ reason }) => reason)).toEqual([
      '',
      'expect threw: it took longer than 30 ms',
      'The scorer failed: it took longer than 30 ms',
    ])
  })

  it('keeps the same check twice as two results', async () => {
    const report = await reportOf(evaluate('twice', { ...base, checks: [run.toSucceed(), run.toSucceed()] }))
    expect(report.trials[0]!.results.map(({ name }) => name)).toEqual([
      '',
      'run.toSucceed()',
      'run.toSucceed() (2)',
    ])
  })
})
