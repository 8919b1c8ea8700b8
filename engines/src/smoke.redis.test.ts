import { Queue, Worker } from 'bullmq'
import { expect, inject, test } from 'vitest'
import type {} from './testing.ts'

test('runs a job', async () => {
  const connection = { url: inject('redisUrl') }
  const queue = new Queue('smoke', { connection })
  const done = Promise.withResolvers<number>()
  const worker = new Worker('smoke', async (job) => done.resolve(job.data.n), {
    connection: { ...connection, maxRetriesPerRequest: null },
  })
  await queue.add('a', { n: 3 })
  expect(await done.promise).toBe(3)
  await worker.close()
  await queue.close()
})
