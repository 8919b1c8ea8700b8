import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { trace } from '@opentelemetry/api'
import { InfrastructureError } from '@weir/config'
import { flow, traceTool } from '@weir/sdk'
import { createStore, rows } from '@weir/store'
import {
  findCase,
  getExperiment,
  listCaseResults,
  listResults,
  promoteExperiment,
  pushDataset,
} from '@weir/store/evaluations'
import { describe, expect, it } from 'vitest'
import { run, steps, tools } from '../checks/matchers.ts'
import { dataset } from '../evaluation/definition.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { loadEvalFile } from '../evaluation/load-file.ts'
import { exactMatch } from '../scorers/text.ts'
import { expectOddResults, RETURNED } from '../testing.ts'
import { requireAvailable } from './availability.ts'
import { runEvaluation } from './run-evaluation.ts'
import { useRecording } from './testing.ts'

const { store, collector, mode } = useRecording()

const research = flow('research', { version: '2' }, async (input: { query: string }) => {
  await flow.step('plan', () => sleep(2))
  await flow.step('search', () => sleep(2))
  if (input.query === 'bad') throw new Error('no answer')
  return `about ${input.query}`
})

const definition = {
  task: research,
  data: [{ id: 'moon', input: { query: 'moon' }, reference: 'about moon' }],
  checks: [steps.toHaveOrder('plan', 'search'), run.toSucceed()],
  scorers: [exactMatch],
  gates: { scores: { exactMatch: 0 } },
}

const runOne = async (...[evaluation, settings]: [ReturnType<typeof evaluate>, object?]) =>
  (await runEvaluation(evaluation, mode(), {}, settings))[0]!

describe('a recorded experiment', () => {
  it('judges a run that ended since its time was up by what it recorded', async () => {
    const slow = flow('slow', async (_input: string, { signal }) => {
      await flow.step('begin', () => 1)
      await sleep(60_000, undefined, { signal })
    })
    const data = [{ id: 'a', input: 'a' }]
    const { experimentId } = await runOne(
      evaluate('slow', { task: slow, data, checks: [steps.toHaveRun('begin')], timeout: '500ms' }),
    )
    expect(await listResults(store(), { experimentId })).toMatchObject([
      { kind: 'check', outcome: 'passed' },
      { kind: 'task', outcome: 'error' },
    ])
  })

  it('is judged from the runs in the store, and is in the store', async () => {
    const report = await runOne(evaluate('research.pipeline', { ...definition, trials: 3 }), {
      revision: 'abc',
    })
    expect(report).toMatchObject({ status: 'passed', planned: 3, passed: 3, mode: 'recorded' })
    const { experimentId } = report
    expect(await getExperiment(store(), { experimentId })).toMatchObject({
      evaluation: 'research.pipeline',
      flow: 'research',
      version: '2',
      revision: 'abc',
      status: 'passed',
      evaluated: 3,
      passed: 3,
      scores: [{ name: 'exactMatch', mean: 1, count: 3 }],
    })
    expect(await listResults(store(), { experimentId })).toHaveLength(3 * 4)
    const recorded = await rows(
      store(),
      `SELECT run_id AS runId, case_id AS caseId, trial, source FROM runs FINAL WHERE experiment_id = {experimentId: String} ORDER BY trial`,
      { experimentId },
    )
    expect(recorded).toEqual(
      report.trials.map(({ runId, trial }) => ({ runId, caseId: 'moon', trial, source: 'experiment' })),
    )
  })

  it('keeps its cases, also those that a filter leaves out', async () => {
    const data = [...definition.data, { id: 'sun', input: { query: 'sun' }, reference: 'about sun' }]
    const { experimentId } = await runOne(evaluate('research.kept', { ...definition, data }), {
      filter: 'moon',
    })
    const experiment = (await getExperiment(store(), { experimentId }))!
    expect(experiment.dataset).toBe('')
    for (const item of data) expect(await findCase(store(), { ...experiment, caseId: item.id })).toEqual(item)
  })

  it('judges a plain function by the flows that it runs, whatever framework they are of', async () => {
    const foreign = (query: string) =>
      trace.getTracer('other').startActiveSpan('other flow', async (span) => {
        span.setAttribute('gen_ai.operation.name', 'invoke_workflow')
        await trace.getTracer('other').startActiveSpan('look', async (inner) => {
          await sleep(2)
          inner.end()
        })
        span.end()
        return query
      })
    const report = await runOne(
      evaluate('adapter', {
        task: async (query: string) => `${await foreign(query)} ${await research.run({ query })}`,
        data: [{ input: 'moon' }],
        checks: [steps.toHaveOrder('look', 'plan', 'search'), run.toHaveOutputEqual('moon about moon')],
      }),
    )
    expect(report.trials[0]!.results.map(({ reason }) => reason)).toEqual([
      '',
      'look -> plan -> search in order',
      'the output is equal',
    ])
    expect(report.status).toBe('passed')
  })

  it('is judged by what its calls took', async () => {
    const send = flow('send', (to: string) => traceTool({ name: 'send_email', input: { to } }, () => 'sent'))
    const check = tools.toHaveBeenCalled('send_email', { with: { to: /@example/ }, times: 1 })
    const seen: unknown[] = []
    const report = await runOne(
      evaluate('send', {
        task: send,
        data: ['a@example.org', 'a@other.org'].map((input) => ({ id: input, input })),
        checks: [check],
        expect: ({ run: of }) => void seen.push(of.calls[0]?.detail?.input),
      }),
    )
    const outcomes = report.trials.map(({ caseId, results }) => [caseId, results[1]!.outcome])
    expect(Object.fromEntries(outcomes)).toEqual({ 'a@example.org': 'passed', 'a@other.org': 'failed' })
    expect(seen.toSorted()).toEqual(['{"to":"a@example.org"}', '{"to":"a@other.org"}'])
  })

  it('gives scorers what the task returned, with its type', async () => {
    const seen = new Map<unknown, unknown>()
    const report = await runOne(
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

  it('counts a failing case, beside its baseline', async () => {
    const before = await runOne(evaluate('research.cases', definition))
    await promoteExperiment(store(), { experimentId: before.experimentId })
    await pushDataset(store(), {
      name: 'queries',
      cases: [
        { id: 'moon', input: { query: 'moon' }, reference: 'about moon' },
        { id: 'bad', input: { query: 'bad' }, reference: 'about bad' },
      ],
    })
    const gates = { scores: { exactMatch: 0 }, latency: { steps: 'no-regression' as const } }
    const after = await runOne(
      evaluate('research.cases', { ...definition, data: dataset('queries'), baseline: 'main', gates }),
    )
    expect(after).toMatchObject({
      status: 'failed',
      passed: 1,
      errors: 1,
      baselineExperimentId: before.experimentId,
    })
    expect(after.gates).toMatchObject([
      { outcome: 'failed' },
      { outcome: 'passed' },
      { outcome: 'unverifiable', reason: 'it needs 6 cases that both experiments have, and there are 1' },
    ])
    const page = await listCaseResults(store(), {
      experimentId: after.experimentId,
      baselineExperimentId: before.experimentId,
    })
    expect(
      page.rows.map(({ caseId, outcome, baselineOutcome }) => [caseId, outcome, baselineOutcome]),
    ).toEqual([
      ['bad', 'error', undefined],
      ['moon', 'passed', 'passed'],
    ])
    expect((await getExperiment(store(), { experimentId: after.experimentId }))?.dataset).toBe('queries@1')
  })

  it('is compared with what passed on a revision where no baseline was promoted', async () => {
    const evaluation = evaluate('branched', { ...definition, gates: { scores: { exactMatch: 1 } } })
    const bad = {
      ...definition,
      gates: { scores: { exactMatch: 1 }, passRate: 1 },
      checks: [run.not.toSucceed()],
    }
    const passed = await runOne(evaluation, { revision: 'base' })
    const failed = await runOne(evaluate('branched', bad), { revision: 'base' })
    expect([passed.status, failed.status]).toEqual(['passed', 'failed'])
    const settings = { baseline: 'main', baselineRevision: 'base', revision: 'head' }
    const { baselineExperimentId, changes } = await runOne(evaluation, settings)
    expect(baselineExperimentId).toBe(passed.experimentId)
    expect(changes).toMatchObject({ broke: [], mended: [], passRate: { mean: 1, baseline: 1 } })
    await promoteExperiment(store(), { experimentId: failed.experimentId, force: true })
    const promoted = await runOne(evaluation, settings)
    expect(promoted).toMatchObject({
      baselineExperimentId: failed.experimentId,
      changes: { mended: ['moon'] },
    })
  })

  it('fails where every case is slower than in the baseline', async () => {
    const taking = (ms: number) => ({
      task: flow('taking', () => flow.step('wait', () => sleep(ms))),
      data: Array.from({ length: 12 }, (_, input) => ({ id: String(input), input })),
      checks: [run.toSucceed()],
      gates: { vsBaseline: { latency: 'no-regression' as const } },
    })
    const before = await runOne(evaluate('slower', taking(10)))
    const baseline = before.experimentId
    const after = await runOne(evaluate('slower', taking(40)), { baseline })
    expect(after).toMatchObject({ status: 'failed', passed: 12 })
    expect(after.gates[1]).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('"wait"') })
  })

  it('says that there is no baseline yet', async () => {
    const gates = { scores: { exactMatch: 0 }, latency: { steps: 'no-regression' as const } }
    const report = await runOne(evaluate('first', { ...definition, gates, baseline: 'main' }))
    expect(report).toMatchObject({
      status: 'failed',
      gates: [{ outcome: 'passed' }, { outcome: 'passed' }, { outcome: 'unverifiable' }],
    })
    expect(report.gates[2]!.reason).toContain(`weir baseline promote ${report.experimentId} --name main`)
  })
})

it('what one trial says ends no other, whether it is text or not', async () => {
  const file = fileURLToPath(new URL('../../fixtures/queue/odd.eval.mjs', import.meta.url))
  const [evaluation] = await loadEvalFile(file)
  const [report] = await runEvaluation(evaluation!, mode(), {}, { file })
  await expectOddResults(store(), report!)
})

describe('what is not there', () => {
  it('is said before anything runs', async () => {
    await expect(requireAvailable(store(), { endpoint: 'http://127.0.0.1:9' })).rejects.toThrow(
      InfrastructureError,
    )
    const away = createStore({ url: 'http://127.0.0.1:9', database: 'x' })
    await expect(requireAvailable(away, { endpoint: collector().url })).rejects.toThrow(
      'ClickHouse at http://127.0.0.1:9 is not ready',
    )
    await away.close()
  })

  it('is an experiment that could not be evaluated, with every trial counted', async () => {
    const task = async (input: string) => {
      if (input === 'stop') await collector().close()
      return input
    }
    const data = ['stop', 'a'].map((input) => ({ id: input, input }))
    const report = await runOne(evaluate('lost', { task, data, checks: [run.toSucceed()], concurrency: 1 }))
    expect(report).toMatchObject({ status: 'error', planned: 2, passed: 0, errors: 2 })
    expect(report.error).toContain('2 of 2 runs did not arrive in Weir')
    expect((await getExperiment(store(), { experimentId: report.experimentId }))?.status).toBe('error')
  })
})
