import { flow, traceModel } from '@weir/sdk'
import { expect, it } from 'vitest'
import { run } from '../checks/matchers.ts'
import type { Definition } from '../evaluation/definition.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { evaluateLocally } from '../local/testing.ts'

const spend = flow('spend', (dollars: number) =>
  traceModel({ provider: 'fake', model: 'echo' }, (span) => {
    span.setUsage({ inputTokens: 10, outputTokens: 5, cost: dollars })
    return dollars
  }),
)

const base = {
  task: spend,
  data: [1, 2, 3, 4].map((input) => ({ input, id: String(input) })),
  checks: [run.toSucceed()],
}

const evaluateWith = (definition: Partial<Definition<number, unknown>>, settings = {}) =>
  evaluateLocally(evaluate('limits', { ...base, ...definition } as Definition<number, unknown>), settings)

it('a gate on the cost looks at all trials, or at their mean', async () => {
  const gatesOf = async (cost: NonNullable<Definition['gates']>['cost']) =>
    (await evaluateWith({ gates: { cost } }))[0]!.gates.slice(1)
  expect(await gatesOf({ total: '$10', perTrial: 2.5 })).toEqual([
    { name: 'cost of a trial <= $2.5', outcome: 'passed', reason: 'it is $2.5' },
    { name: 'cost <= $10', outcome: 'passed', reason: 'it is $10' },
  ])
  expect(await gatesOf({ total: 9.99 })).toEqual([
    { name: 'cost <= $9.99', outcome: 'failed', reason: 'it is $10' },
  ])
  expect(() =>
    evaluate('x', { task: spend, data: [], checks: [run.toSucceed()], gates: { cost: { total: '9' } } }),
  ).toThrow("Expected US dollars, such as 0.02 or '$0.02'")
})

it('a cost that nobody recorded is not low enough', async () => {
  const [report] = await evaluateWith({ task: (input) => input, gates: { cost: { total: 1 } } })
  expect(report!.gates[1]).toMatchObject({ outcome: 'unverifiable', reason: 'no cost was recorded' })
})

it('once the budget is spent no trial begins, and the experiment is not evaluated', async () => {
  const [report] = await evaluateWith({ budget: '$3', concurrency: 1 })
  expect(report).toMatchObject({
    status: 'error',
    error: 'the budget of $3 is spent ($3)',
    evaluated: 2,
    passed: 2,
  })
})

it('a task that failed runs again, as often as it may, and its last run counts', async () => {
  const tries = new Map<number, number>()
  const task = (input: number) => {
    tries.set(input, (tries.get(input) ?? 0) + 1)
    if (tries.get(input)! < input) throw new Error('not yet')
    return input
  }
  const [report] = await evaluateWith({ task, retryOnError: 2, gates: { passRate: 0.75 } })
  expect(report).toMatchObject({ status: 'passed', passed: 3, errors: 1 })
  expect(Object.fromEntries(tries)).toEqual({ 1: 1, 2: 2, 3: 3, 4: 3 })
})

it('tries that failed cost what they cost, of tasks and of scorers', async () => {
  const tries = new Map<number, number>()
  const task = async (input: number) => {
    await spend.run(input)
    tries.set(input, (tries.get(input) ?? 0) + 1)
    if (tries.get(input)! < 2) throw new Error('not yet')
    return input
  }
  const asked = new Set<string>()
  const judge = {
    name: 'judge',
    score: ({ case: { id } }: { case: { id: string } }) =>
      traceModel({ provider: 'fake', model: 'judge' }, (span) => {
        span.setUsage({ inputTokens: 1, outputTokens: 1, cost: 0.5 })
        if (asked.has(id)) return 1
        asked.add(id)
        throw new Error('too many requests')
      }),
  }
  const definition = {
    ...{ task, retryOnError: 1, scorers: [judge], concurrency: 1 },
    gates: { scores: { judge: 1 }, cost: { perTrial: '$2.50', total: 24 } },
  }
  const [report] = await evaluateWith(definition)
  // 1 + 2 + 3 + 4 dollars twice, and four times two questions of the judge.
  expect(report).toMatchObject({ status: 'passed', cost: 24, inputTokens: 88, passed: 4 })
  expect(report!.trials.map(({ cost }) => cost)).toEqual([1, 2, 3, 4])
  tries.clear()
  const [limited] = await evaluateWith({ ...definition, budget: 5 })
  expect(limited!.error).toContain('the budget of $5 is spent')
})

it('a task that failed as a check expects does not run again', async () => {
  let tries = 0
  const task = () => {
    tries++
    throw new Error('refused')
  }
  const [report] = await evaluateWith({ task, retryOnError: 3, checks: [run.toHaveStatus('error')] })
  expect(report).toMatchObject({ status: 'passed', passed: 4 })
  expect(tries).toBe(4)
})

it('tasks begin as far apart as the rate limit says', async () => {
  const startsMs: number[] = []
  const task = (input: number) => {
    startsMs.push(performance.now())
    return input
  }
  await evaluateWith({ task, rateLimit: '20/s' })
  // 150 ms, less what timers are early and what the first task began late.
  expect(startsMs.at(-1)! - startsMs[0]!).toBeGreaterThan(90)
  expect(() => evaluate('x', { task: spend, data: [], checks: [run.toSucceed()], rateLimit: '60' })).toThrow(
    "expected a rate such as '60/min'",
  )
})

it('a case that is flaky is named, and stops the build beyond what is allowed', async () => {
  const tries = new Map<number, number>()
  // Of four trials, case n fails n - 1.
  const task = (input: number) => {
    tries.set(input, (tries.get(input) ?? 0) + 1)
    if (tries.get(input)! < input) throw new Error('not yet')
    return input
  }
  const gateOf = async (atLeast: number) => {
    tries.clear()
    const gates = { passRate: 0, perCase: { atLeast } }
    const [report] = await evaluateWith({ task, trials: 4, concurrency: 1, gates })
    expect(report!.flaky).toEqual(['2', '3', '4'])
    return report!.gates[1]
  }
  const name = 'pass rate of each case >='
  expect(await gateOf(0.25)).toEqual({ name: `${name} 0.25`, outcome: 'passed', reason: 'each of 4 cases' })
  expect(await gateOf(0.6)).toEqual({
    name: `${name} 0.6`,
    outcome: 'failed',
    reason: '"3" 2 of 4, "4" 1 of 4',
  })
})

it('gates look at how often one of k trials passes, and how often all of them do', async () => {
  const tries = new Map<number, number>()
  // Of four trials, case n fails n - 1.
  const task = (input: number) => {
    tries.set(input, (tries.get(input) ?? 0) + 1)
    if (tries.get(input)! < input) throw new Error('not yet')
    return input
  }
  const gates = { passRate: 0, passAt: { 2: 0.8, 4: 1 }, passAll: { 2: 0.4, 5: 0 } }
  const [report] = await evaluateWith({ task, trials: 4, concurrency: 1, gates })
  // pass@2 is (1 + 1 + 5/6 + 1/2) / 4, pass^2 (1 + 1/2 + 1/6 + 0) / 4.
  expect(report!.gates.slice(1)).toMatchObject([
    {
      name: 'pass@2 >= 0.8',
      outcome: 'passed',
      reason: 'it is 0.8333 over 4 cases, 95% interval 0.3623 to 0.9778',
    },
    { name: 'pass@4 >= 1', outcome: 'passed' },
    { name: 'pass^2 >= 0.4', outcome: 'passed', reason: expect.stringMatching(/^it is 0.4167 over 4 cases/) },
    {
      name: 'pass^5 >= 0',
      outcome: 'unverifiable',
      reason: 'it needs 5 trials of each case, and there are 4',
    },
  ])
  expect(report!.passAt.map(({ k, any, all }) => [k, any, all])).toEqual([
    [2, expect.closeTo(5 / 6, 12), expect.closeTo(5 / 12, 12)],
    [3, expect.closeTo(3.75 / 4, 12), expect.closeTo(1.25 / 4, 12)],
    [4, 1, 0.25],
  ])
  expect(() => evaluate('x', { ...base, gates: { passAt: { two: 1 } } } as never)).toThrow(
    'expected numbers of trials, such as { 3: 0.9 }',
  )
})

it('only cases with a tag run, and only the variants that were asked for', async () => {
  const data = [
    { id: 'a', input: 1, tags: ['smoke', 'x'] },
    { id: 'b', input: 2, tags: ['slow'] },
    { id: 'c', input: 3 },
  ]
  const variants = { small: 1, large: 2 }
  const ran = async (settings: object) =>
    (await evaluateWith({ task: (input) => input, data, variants }, settings)).map(({ variant, trials }) => [
      variant,
      trials.map(({ caseId }) => caseId),
    ])
  expect(await ran({ tags: ['smoke', 'slow'] })).toEqual([
    ['small', ['a', 'b']],
    ['large', ['a', 'b']],
  ])
  expect(await ran({ variants: ['large'] })).toEqual([['large', ['a', 'b', 'c']]])
  expect(await ran({ tags: ['none'] })).toEqual([])
  expect(await ran({ variants: ['none'] })).toEqual([])
})

it('without a server, no more cases than `concurrency` says are at work, their scorers included', async () => {
  let [active, most] = [0, 0]
  const score = async () => {
    most = Math.max(most, ++active)
    await new Promise((resolve) => setTimeout(resolve, 20))
    active--
    return 1
  }
  const scorers = [{ name: 'slow', score }]
  const [report] = await evaluateWith({ scorers, gates: { scores: { slow: 1 } }, concurrency: 2 })
  expect(report!.status).toBe('passed')
  expect(most).toBe(2)
})
