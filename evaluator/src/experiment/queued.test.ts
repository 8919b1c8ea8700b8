import { expect, it } from 'vitest'
import { WorkerWatch } from './queued.ts'

it('gives up on a queue without a worker, but not on one whose worker came back', async () => {
  let now = 0
  let workers = 1
  const watch = new WorkerWatch(
    async () => workers,
    () => now,
  )
  const lookFor = async (seconds: number) => {
    for (const end = now + seconds * 1_000; now < end; now += 300) await watch.check()
  }
  await lookFor(120)
  workers = 0
  await lookFor(50)
  workers = 1
  await lookFor(10)
  workers = 0
  await lookFor(50)
  await expect(lookFor(20)).rejects.toThrow('No worker has been connected to the queue for 60 s.')
})
