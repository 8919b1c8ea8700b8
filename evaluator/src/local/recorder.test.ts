import { setTimeout as sleep } from 'node:timers/promises'
import { type Attributes, trace } from '@opentelemetry/api'
import { flow, traceModel, traceTool } from '@weir/sdk'
import type { RunRecord } from '@weir/store/run-model'
import { describe, expect, it } from 'vitest'
import { judge } from '../checks/judge.ts'
import { agents, childRuns, models, run, steps, tools } from '../checks/matchers.ts'
import type { Check } from '../checks/table.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { prepareMode, runEvaluation } from '../experiment/run-evaluation.ts'
import { recordRun } from '../vitest.ts'
import { MAX_RECORDED } from './recorder.ts'

const MIB = 1024 * 1024

/** A span of a library that knows nothing of Weir; its clock has milliseconds. */
async function span(
  name: string,
  attributes: Attributes,
  body: () => unknown = () => sleep(2),
): Promise<void> {
  await trace.getTracer('another client').startActiveSpan(name, { attributes }, async (span) => {
    await body()
    span.end()
  })
}

/** As Genkit records an action. */
const action = (name: string, subtype: string, of: Attributes = {}, body?: () => unknown) =>
  span(
    name,
    {
      'genkit:type': subtype === 'flow' ? 'flow' : 'action',
      'genkit:name': name,
      'genkit:metadata:subtype': subtype,
      'genkit:path': '/{menu,t:flow}',
      'genkit:state': 'success',
      ...of,
    },
    body,
  )

it('an evaluation without a server understands the spans of Genkit', async () => {
  const task = async (question: string) => {
    const answer = { 'genkit:input': JSON.stringify(question), 'genkit:output': '{"dish":"soup"}' }
    await action('menu', 'flow', answer, async () => {
      await action('look up', 'flowStep', {}, () => action('searchDishes', 'tool'))
      await action('waiter', 'agent', {}, () =>
        action('vendor/large', 'model', { 'genkit:output': '{"usage":{"inputTokens":7,"outputTokens":4}}' }),
      )
    })
    return 'done'
  }
  const checks = [
    childRuns.toHaveSucceeded('menu'),
    steps.toHaveSucceeded('look up'),
    tools.toHaveBeenCalled('searchDishes', { times: 1 }),
    tools.not.toHaveBeenCalled('refund'),
    agents.toHaveBeenCalled('waiter', { times: 1 }),
    models.toHaveBeenCalled('vendor/large', { times: 1 }),
    run.toUseTokensAtMost(11),
    run.not.toUseTokensAtMost(10),
  ]
  await prepareMode({ kind: 'local' })
  const evaluation = evaluate('menu', { task, data: [{ input: 'warm?' }], checks })
  const [report] = await runEvaluation(evaluation, { kind: 'local' }, {})
  const failed = report!.trials.flatMap(({ results }) =>
    results.filter(({ outcome }) => outcome !== 'passed'),
  )
  expect(failed).toEqual([])
  expect(report).toMatchObject({ status: 'passed', passed: 1 })
})

it('a run recorded in this process has the calls of OpenInference spans', async () => {
  const support = flow('support', async () => {
    const chain = { 'openinference.span.kind': 'CHAIN' }
    const llm = {
      'openinference.span.kind': 'LLM',
      'llm.model_name': 'large',
      'llm.token_count.prompt': 12,
      'llm.token_count.completion': 3,
      'llm.cost.total': 0.25,
    }
    await span('answer', chain, async () => {
      await span('ChatCompletion', llm)
      await span('run tool', { 'openinference.span.kind': 'TOOL', 'tool.name': 'refund' })
    })
    return { ok: true }
  })
  expect(await recordRun(support, undefined)).toMatchObject({
    flow: 'support',
    output: '{"ok":true}',
    outputType: 'json',
    inputTokens: 12,
    outputTokens: 3,
    cost: 0.25,
    steps: [{ name: 'answer', occurrence: 0, kind: 'step', status: 'ok' }],
    calls: [
      { name: 'large', kind: 'model', step: 0 },
      { name: 'refund', kind: 'tool', step: 0 },
    ],
  })
})

it('runs that are recorded at once are told apart, and only what was asked for is taken', async () => {
  const outer = flow('outer', async (name: string) => {
    await flow('inner', { version: '7' }, async () => name).run(undefined)
    return name
  })
  const names = ['a', 'b', 'c']
  const runs = await Promise.all(names.map((name) => recordRun(outer, name)))
  expect(runs.map(({ output }) => output)).toEqual(names)
  expect(runs.map(({ children }) => children.map(({ flow, status }) => ({ flow, status })))).toEqual(
    names.map(() => [{ flow: 'inner', status: 'ok' }]),
  )
})

it('values are whole up to 8 MiB, and say how long they were beyond', async () => {
  const repeat = flow('repeat', async (length: number) => 'x'.repeat(length))
  const whole = await recordRun(repeat, MAX_RECORDED)
  expect(whole.output.length).toBe(8 * MIB)
  expect(whole).toMatchObject({ outputType: 'text', outputLength: 0 })
  const cut = await recordRun(repeat, MAX_RECORDED + 10)
  expect(cut.output.length).toBeLessThanOrEqual(8 * MIB)
  expect(cut.outputLength).toBe(8 * MIB + 10)
})

it('no usage that a span says of itself makes a sum that is not a number', async () => {
  const spender = flow('spender', async () => {
    for (const cost of [1e308, 1e308, Number.POSITIVE_INFINITY, Number.NaN, -1]) {
      await traceModel({ provider: 'p', model: 'm' }, () => {
        trace.getActiveSpan()?.setAttributes({ 'gen_ai.usage.cost': cost, 'gen_ai.usage.input_tokens': cost })
      })
    }
  })
  const run = await recordRun(spender, undefined)
  expect(run).toMatchObject({ cost: 2e9, inputTokens: 2 * 0xffff_ffff })
})

describe('nothing passes because the record cannot show it:', () => {
  const outcomeOf = (record: RunRecord) => (check: Check) => judge(check, record).outcome

  it('what a nested flow called and spent is in a record of its own', async () => {
    const inner = flow('inner', () =>
      traceTool({ name: 'send_email' }, () =>
        traceModel({ provider: 'p', model: 'm' }, () => {
          trace.getActiveSpan()?.setAttributes({ 'gen_ai.usage.cost': 0.5, 'gen_ai.usage.input_tokens': 9 })
        }),
      ),
    )
    const outer = flow('outer', () =>
      flow.step('delegate', () => flow('middle', () => inner.run(undefined)).run(undefined)),
    )
    const outcome = outcomeOf(await recordRun(outer, undefined))
    expect(outcome(tools.not.toHaveBeenCalled('send_email'))).toBe('unverifiable')
    expect(outcome(tools.toHaveBeenCalled('send_email', { atMost: 0 }))).toBe('unverifiable')
    expect(outcome(tools.not.toHaveBeenCalled('pay'))).toBe('passed')
    expect(outcome(run.toCostAtMost('$0.1'))).toBe('unverifiable')
    expect(outcome(run.toCostAtMost('$0.5'))).toBe('passed')
    expect(outcome(steps.at('delegate', 0).toCostAtMost('$0.1'))).toBe('unverifiable')
  })

  it('spans below those right below the root are no steps', async () => {
    const plain = flow('plain', () => span('load', {}, () => span('pay', {})))
    const outcome = outcomeOf(await recordRun(plain, undefined))
    expect(outcome(steps.toHaveRun('load'))).toBe('passed')
    expect(outcome(steps.not.toHaveRun('pay'))).toBe('unverifiable')
    expect(outcome(steps.toHaveRun('pay', { atMost: 0 }))).toBe('unverifiable')
  })

  it('tools need no steps around them to be seen', async () => {
    const bare = flow('bare', () => span('work', {}, () => traceTool({ name: 'send_email' }, () => {})))
    const outcome = outcomeOf(await recordRun(bare, undefined))
    expect(outcome(tools.not.toHaveBeenCalled('send_email'))).toBe('failed')
    expect(outcome(tools.not.toHaveBeenCalled('send_email', { with: { to: /@/ } }))).toBe('unverifiable')
  })

  it('a cut value may have had what was not found in the rest', async () => {
    const long = `${'x'.repeat(MAX_RECORDED)}secret`
    const talk = flow('talk', () => flow.step('write', () => long))
    const outcome = outcomeOf(await recordRun(talk, undefined))
    expect(outcome(steps.every('write').not.toHaveOutputContaining('secret'))).toBe('unverifiable')
    expect(outcome(run.not.toHaveOutputContaining('secret'))).toBe('unverifiable')
  })

  it('times of another clock do not tell what came before', async () => {
    const skewed = flow('skewed', async () => {
      const startTime = Date.now() - 5_000
      trace
        .getTracer('another clock')
        .startSpan('guard', { startTime, attributes: { 'weir.kind': 'step' } })
        .end(startTime + 10)
      await flow.step('send', () => sleep(2))
    })
    const outcome = outcomeOf(await recordRun(skewed, undefined))
    expect(outcome(steps.toHaveOrder('guard', 'send'))).toBe('unverifiable')
    expect(outcome(steps.every('send').toBePrecededBy('guard'))).toBe('unverifiable')
    expect(outcome(steps.toHaveFinishedWithin('guard', '1s'))).toBe('unverifiable')
  })
})
