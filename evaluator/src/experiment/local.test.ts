import { setTimeout as sleep } from 'node:timers/promises'
import { flow, traceModel, traceTool } from '@weir/sdk'
import { describe, expect, it } from 'vitest'
import { run, steps, tools } from '../checks/matchers.ts'
import type { Definition, Evaluation } from '../evaluation/definition.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { evaluateLocally } from '../local/testing.ts'
import { exactMatch } from '../scorers/text.ts'
import { RETURNED } from '../testing.ts'
import { toExitCode } from './exit-code.ts'
import { prepareMode, runEvaluation } from './run-evaluation.ts'

const research = flow('research', { version: '2' }, async (input: { query: string }) => {
  const plan = await flow.step('plan', async () => {
    await sleep(2)
    return [input.query, `${input.query}!`]
  })
  await Promise.all(plan.map((query) => flow.step('search', () => sleep(2, query.length))))
  return flow.step('synthesize', () =>
    traceModel({ provider: 'fake', model: 'echo' }, (span) => {
      span.setUsage({ inputTokens: 10, outputTokens: 5, cost: 0.001 })
      return `about ${input.query}`
    }),
  )
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

describe('a local experiment', () => {
  it('judges the recorded runs', async () => {
    const checks = [
      steps.toHaveOrder('plan', 'search', 'synthesize'),
      steps.toHaveRun('search', { times: 2 }),
      steps.not.toHaveRun('apologise'),
      run.toHaveOutputContaining('about'),
      run.toUseTokensAtMost(15),
      run.toCostAtMost(0.001),
    ]
    const report = await reportOf(evaluate('research', { ...base, checks, trials: 3 }))
    expect(report).toMatchObject({
      status: 'passed',
      planned: 6,
      passed: 6,
      errors: 0,
      flow: 'research',
      version: '2',
    })
    expect(report.trials.flatMap(({ results }) => results)).toHaveLength(6 * 7)
    expect(new Set(report.trials.map(({ runId }) => runId)).size).toBe(6)
    expect(toExitCode([report])).toBe(0)
  })

  it('judges tools from their calls, in steps or not', async () => {
    const task = async (kind: string) => {
      const search = () => traceTool({ name: 'search' }, () => sleep(2))
      return kind === 'in a step' ? flow.step('look', search) : search()
    }
    const checks = [
      tools.toHaveSucceeded('search'),
      tools.toHaveBeenCalled('search', { times: 1 }),
      tools.not.toHaveBeenCalled('send_email'),
    ]
    const expectTools: Definition<string>['expect'] = ({ expect }) => expect.tools.toHaveBeenCalled('search')
    const data = [{ input: 'in a step' }, { input: 'alone' }]
    const report = await reportOf(evaluate('tools', { task, data, checks, expect: expectTools }))
    expect(report).toMatchObject({ status: 'passed', passed: 2 })
    const failing = await reportOf(
      evaluate('tools', { task, data, checks: [tools.not.toHaveBeenCalled('search')] }),
    )
    expect(failing).toMatchObject({ status: 'failed', failed: 2 })
    expect(failing.trials[0]!.results[1]!.reason).toMatch(/was called once\. Tool calls: search ok/)
  })

  it('fails a gate on a broken order and names the step', async () => {
    const checks = [steps.toHaveOrder('synthesize', 'plan')]
    const report = await reportOf(evaluate('research', { ...base, checks }))
    expect(report).toMatchObject({ status: 'failed', passed: 0, failed: 2 })
    expect(report.trials[0]!.results[1]!.reason).toContain('"plan" did not start after "synthesize"')
    expect(toExitCode([report])).toBe(1)
  })

  it('gives scorers what the task returned, with its type', async () => {
    const seen = new Map<unknown, unknown>()
    const report = await reportOf(
      evaluate('typed', {
        task: async (index: number) => RETURNED[index],
        data: RETURNED.map((_, index) => ({ id: String(index), input: index })),
        scorers: [{ name: 'see', score: ({ input, output }) => seen.set(input, output).size / 100 }],
        gates: { scores: { see: 0 } },
      }),
    )
    expect(report).toMatchObject({ status: 'passed', passed: RETURNED.length })
    expect(RETURNED.map((_, index) => seen.get(index))).toEqual(RETURNED)
  })

  it('a stream is what it gives: it is read to its end, checked, scored, and fails where it fails', async () => {
    const chat = flow('chat', async function* (input: string) {
      yield await flow.step('greet', () => 'Hello ')
      if (input === 'bad') throw new Error('broke off')
      yield input
    })
    const draft = async (input: string) => ReadableStream.from(['Hello ', input])
    const data = ['Ada', 'bad'].map((input) => ({ id: input, input, reference: `Hello ${input}` }))
    const checks = [run.toHaveOutputContaining('Ada'), run.not.toHaveOutputContaining('secret')]
    const scorers = [exactMatch]
    const gates = { passRate: 0.5, scores: { exactMatch: 0.5 } }
    for (const task of [chat, draft as never]) {
      const report = await reportOf(
        evaluate<string, unknown>('streams', { task: task as typeof chat, data, checks, scorers, gates }),
      )
      const [ada, bad] = ['Ada', 'bad'].map((id) => report.trials.find(({ caseId }) => caseId === id)!)
      expect(ada!.results.map(({ outcome }) => outcome)).toEqual(ada!.results.map(() => 'passed'))
      expect(ada!.results.find(({ name }) => name === 'exactMatch')?.score).toBe(1)
      expect(bad!.results.map(({ outcome }) => outcome)).toContain(task === chat ? 'error' : 'failed')
    }
  })

  it('counts a task that throws or takes too long', async () => {
    const task = async (input: string) => {
      if (input === 'slow') await new Promise((resolve) => setTimeout(resolve, 3_000))
      if (input === 'bad') throw new Error('no')
      return input
    }
    const data = ['good', 'bad', 'slow'].map((input) => ({ id: input, input }))
    const gates = { passRate: 0.3 }
    const report = await reportOf(
      evaluate('plain', { task, data, checks: [run.toSucceed()], timeout: '1s', gates }),
    )
    expect(report).toMatchObject({ status: 'passed', planned: 3, passed: 1, errors: 2, flow: 'plain' })
    const reasons = Object.fromEntries(
      report.trials.map(({ caseId, results }) => [caseId, results[0]!.reason]),
    )
    expect(reasons).toEqual({
      good: '',
      bad: 'no',
      slow: 'The case took longer than its timeout of 1000 ms.',
    })
  })

  it('passes no gate on errors alone', async () => {
    const task = () => Promise.reject(new Error('no'))
    const gates = { passRate: 0 }
    const report = await reportOf(
      evaluate('broken', { task, data: [{ input: 1 }], checks: [run.toSucceed()], gates }),
    )
    expect(report).toMatchObject({ status: 'failed', errors: 1 })
    expect(report.gates).toEqual([
      { name: 'pass rate >= 0', outcome: 'unverifiable', reason: 'every trial ended in an error' },
    ])
  })

  it('leaves out an evaluation of which the filter wants no case', async () => {
    const local = { kind: 'local' } as const
    const one = await runEvaluation(evaluate('research', base), local, {}, { filter: 'launch' })
    expect(one).toMatchObject([{ status: 'passed', planned: 1 }])
    const none = await runEvaluation(evaluate('research', base), local, {}, { filter: 'mars' })
    expect(none).toEqual([])
    expect(toExitCode(none)).toBe(3)
  })

  it('lets a check ask for the error', async () => {
    const task = () => {
      throw new Error('refused')
    }
    const report = await reportOf(
      evaluate('refusal', { task, data: [{ input: 1 }], checks: [run.toHaveStatus('error')] }),
    )
    expect(report).toMatchObject({ status: 'passed', passed: 1 })
  })

  it('says that nothing was evaluated without cases', async () => {
    const report = await reportOf(evaluate('empty', { ...base, data: [] }))
    expect(report).toMatchObject({ status: 'error', planned: 0 })
    expect(toExitCode([report])).toBe(3)
  })
})

it('judges a plain function by the flows that it runs', async () => {
  const report = await reportOf(
    evaluate('adapter', {
      task: async (query: string) => (await research.run({ query })).toUpperCase(),
      data: [{ input: 'moon' }],
      checks: [
        steps.toHaveOrder('plan', 'search', 'synthesize'),
        steps.toHaveRun('search', { times: 2 }),
        run.toUseTokensAtMost(15),
        run.toHaveOutputEqual('ABOUT MOON'),
      ],
    }),
  )
  expect(report).toMatchObject({ status: 'passed', flow: 'adapter' })
})

it('runs one experiment per variant', async () => {
  const task = async (input: string, { variant }: { variant: unknown }) => `${input} ${String(variant)}`
  const other = async () => 'other'
  await prepareMode({ kind: 'local' })
  const reports = await runEvaluation(
    evaluate('variants', {
      task,
      data: [{ id: 'a', input: 'a' }],
      variants: { small: 1, replaced: { task: other } },
      expect: ({ expect: on }) => on.run.toHaveOutputEqual('a 1'),
    }),
    { kind: 'local' },
    {},
  )
  expect(reports.map(({ variant, status }) => [variant, status])).toEqual([
    ['small', 'passed'],
    ['replaced', 'failed'],
  ])
})
