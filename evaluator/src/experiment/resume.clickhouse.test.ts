import { setTimeout as sleep } from 'node:timers/promises'
import { InfrastructureError } from '@weir/config'
import { getExperiment, listResults } from '@weir/store/evaluations'
import { expect, it } from 'vitest'
import { run } from '../checks/matchers.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { runEvaluation } from './run-evaluation.ts'
import { useRecording } from './testing.ts'

const { store, mode } = useRecording()

const runOne = async (...[evaluation, settings]: [ReturnType<typeof evaluate>, object?]) =>
  (await runEvaluation(evaluation, mode(), {}, settings))[0]!

it('goes on from what was judged when an experiment is resumed', async () => {
  const controller = new AbortController()
  const ran: string[] = []
  let mustStop = true
  const task = async (input: string) => {
    ran.push(input)
    if (input === 'c' && mustStop) {
      controller.abort(new InfrastructureError('interrupted by SIGINT'))
      await sleep(60_000, undefined, { ref: false })
    }
    return input
  }
  const data = ['a', 'b', 'c', 'd'].map((id) => ({ id, input: id }))
  const checks = [run.toSucceed()]
  const scorers = [{ name: 'length', score: ({ output }: { output: unknown }) => String(output).length }]
  const gates = { scores: { length: 1 } }
  const definition = { task, data, checks, scorers, gates, concurrency: 1 }
  const interrupted = await runOne(evaluate('interrupted', definition), { signal: controller.signal })
  const { experimentId } = interrupted
  const error = `interrupted by SIGINT: 2 of 4 trials are judged and stored. Go on with: weir eval --resume ${experimentId}`
  expect(interrupted).toMatchObject({ status: 'error', evaluated: 2, error })
  expect(await getExperiment(store(), { experimentId })).toMatchObject({ status: 'error', error, passed: 2 })

  const resumed = (settings: object, changed = {}) =>
    runEvaluation(evaluate('interrupted', { ...definition, ...changed }), mode(), {}, settings)
  await expect(resumed({ resume: experimentId }, { data: data.slice(1) })).rejects.toThrow('the cases of')
  await expect(resumed({ resume: experimentId, trials: 2 })).rejects.toThrow('gates, trials or the filter')
  await expect(resumed({ resume: 'nothing' })).rejects.toThrow('no experiment "nothing" to resume')
  const other = evaluate('another', definition)
  expect(await runEvaluation(other, mode(), {}, { resume: experimentId })).toEqual([])

  mustStop = false
  ran.length = 0
  const [whole] = await resumed({ resume: experimentId })
  expect(ran).toEqual(['c', 'd'])
  expect(whole).toMatchObject({ experimentId, status: 'passed', evaluated: 4, passed: 4 })
  expect(whole!.scores).toMatchObject([{ count: 4, mean: 1 }])
  expect(await listResults(store(), { experimentId })).toHaveLength(4 * 3)
  await expect(resumed({ resume: experimentId })).rejects.toThrow('is finished (passed)')
})
