import { setTimeout as sleep } from 'node:timers/promises'
import { type Attributes, trace } from '@opentelemetry/api'
import { flow, traceModel } from '@weir/sdk'
import { expect, it } from 'vitest'
import { agents, childRuns, models, run, steps, tools } from '../checks/matchers.ts'
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
