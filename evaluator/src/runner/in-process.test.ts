import { expect, it } from 'vitest'
import { run } from '../checks/matchers.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { startRecorder } from '../local/recorder.ts'
import { runAndRecord } from './in-process.ts'

const ended = async (task: () => unknown): Promise<[isRunning: boolean, ends: number]> => {
  startRecorder()
  let ends = 0
  const evaluation = evaluate('one', { task, data: [], checks: [run.toSucceed()], timeout: '50ms' })
  const subject = { experimentId: 'e', variant: '', item: { id: 'a', input: 1 }, trial: 0 }
  const events = { onTaskEnd: () => void ends++, onLate: () => {} }
  const { isRunning } = await runAndRecord(evaluation, subject, 'memory', events)
  return [isRunning, ends]
}

it('the next trial may begin as soon as a task has ended, but not beside one that goes on', async () => {
  expect(await ended(() => 1)).toEqual([false, 1])
  expect(await ended(() => new Promise(() => {}))).toEqual([true, 0])
})
