import { flow, traceModel } from '@weir/sdk'
import { rows } from '@weir/store'
import { getExperiment } from '@weir/store/evaluations'
import { expect, it } from 'vitest'
import { run } from '../checks/matchers.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { runEvaluation } from './run-evaluation.ts'
import { useRecording } from './testing.ts'

const { store, mode } = useRecording()

const runOne = async (...[evaluation, settings]: [ReturnType<typeof evaluate>, object?]) =>
  (await runEvaluation(evaluation, mode(), {}, settings))[0]!

it('costs what all of its runs cost: tries that failed, scorers, and the flows in both', async () => {
  const spend = flow('spend', (cost: number) =>
    traceModel({ provider: 'fake', model: 'echo' }, (span) =>
      span.setUsage({ inputTokens: 1, outputTokens: 1, cost }),
    ),
  )
  const tried = new Set<string>()
  const failsOnce = (what: string) => {
    if (tried.has(what)) return 1
    tried.add(what)
    throw new Error('not yet')
  }
  const report = await runOne(
    evaluate('spends', {
      task: async (input: number) => {
        await spend.run(input)
        return failsOnce(`task ${input}`)
      },
      data: [1, 2].map((input) => ({ id: String(input), input })),
      scorers: [
        {
          name: 'judge',
          score: async ({ input }) => {
            await spend.run(0.25)
            return failsOnce(`judge ${input}`)
          },
        },
      ],
      gates: { scores: { judge: 1 }, cost: { perTrial: 1.5, total: 7 } },
      retryOnError: 1,
    }),
  )
  expect(report).toMatchObject({ status: 'passed', cost: 7, inputTokens: 8 })
  expect(report.trials.map(({ cost }) => cost).sort()).toEqual([1, 2])
  // What is compared are the trials, not what judged them.
  const { experimentId } = report
  const [cost] = await rows<{ cost: number }>(
    store(),
    'SELECT sum(cost) AS cost FROM runs FINAL WHERE experiment_id = {experimentId: String}',
    { experimentId: `${experimentId}/scorers` },
  )
  expect(cost).toEqual({ cost: 1 })
})

it('stops when the comparison with the baseline is decided', async () => {
  const tries = new Map<string, number>()
  let rate = 0
  // Spread evenly: of ten trials of a case, as many fail as `rate` says.
  const task = (id: string) => {
    const tried = tries.get(id) ?? 0
    tries.set(id, tried + 1)
    if ((tried * 3 + Number(id)) % 10 < rate * 10) throw new Error('no')
    return id
  }
  const data = Array.from({ length: 20 }, (_, i) => ({ id: String(i), input: String(i) }))
  const stopping = (of: object) =>
    evaluate('stops', {
      ...{ task, data, checks: [run.toSucceed()], gates: { passRate: 0, ...of } },
      trials: { max: 8, stopWhen: 'decided' },
    })
  const first = await runOne(stopping({}))
  expect(first).toMatchObject({ status: 'passed', decidedAfter: 1, planned: 20 })
  const base = await runOne(evaluate('stops', { task, data, checks: [run.toSucceed()], trials: 8 }))
  tries.clear()
  rate = 0.6
  const baseline = base.experimentId
  const report = await runOne(stopping({ vsBaseline: { passRate: 'no-regression' } }), { baseline })
  expect(report.status).toBe('failed')
  expect(report.decidedAfter).toBeLessThan(8)
  expect(report.planned).toBe(20 * report.decidedAfter!)
  expect(report.gates[1]).toMatchObject({ name: 'pass rate no worse than the baseline', outcome: 'failed' })
  expect(await getExperiment(store(), { experimentId: report.experimentId })).toMatchObject({
    planned: report.planned,
    evaluated: report.planned,
  })
})
