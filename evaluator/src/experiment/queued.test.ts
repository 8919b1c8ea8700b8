import { expect, it } from 'vitest'
import { runQueued, WorkerWatch } from './queued.ts'

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

it('refuses limits that workers cannot keep, before it asks the queue', async () => {
  const queue = { redisUrl: 'redis://127.0.0.1:9', queueKey: 'k' } as never
  const queued = (limits: object) => {
    const outline = { name: 'limited', startIntervalMs: 0, budget: undefined, ...limits }
    return runQueued({ file: '/x.eval.ts', outline } as never, queue, {})
  }
  await expect(queued({ startIntervalMs: 1_000 })).rejects.toThrow(
    '"limited" has a rateLimit, which workers cannot keep: run it without --queue.',
  )
  await expect(queued({ budget: 5 })).rejects.toThrow('has a budget')
})
