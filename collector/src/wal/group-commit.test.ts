import { DecodeError } from '@weir/dialects'
import { manySpans } from '@weir/dialects/testing'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { openLog } from '../testing/wal.ts'
import { checkBlocks } from './check-blocks.ts'
import { GroupCommit } from './group-commit.ts'
import type { LogOptions } from './log-options.ts'

async function start(options: Partial<LogOptions> = {}, wait = 2, groupBytes = 1_000_000) {
  const { log, received } = await openLog(temporaryDirectory(), options)
  const commits = new GroupCommit(log, { wait, groupBytes, requestBytes: 1_000_000 })
  /** The rows of each block in the log. */
  const blocks = async () => {
    await log.closeSegment()
    const checked = await Promise.all(received.segments.map(checkBlocks))
    return checked.flatMap(({ good }) => good.map(({ rows }) => rows))
  }
  return { log, commits, blocks }
}

test('requests that come together share one block', async () => {
  const { log, commits, blocks } = await start()
  await Promise.all(Array.from({ length: 50 }, (_, at) => commits.add(manySpans(at, 2), 'p').durable))
  expect(log.ledger.snapshot()).toMatchObject({ received: 100, pending: 100, stored: 0 })
  expect(commits.pendingBytes).toBe(0)
  expect(await blocks()).toEqual([100])
  await log.close()
})

test('a group that is large enough does not wait', async () => {
  const { log, commits, blocks } = await start({}, 60_000, 1_000)
  await commits.add(manySpans(0, 20), 'p').durable
  await Promise.all([1, 2, 3].map((at) => commits.add(manySpans(at, 20), 'p').durable))
  const [first, ...others] = await blocks()
  expect(first).toBe(20)
  expect(others.reduce((sum, rows) => sum + rows)).toBe(60)
  await log.close()
})

test('a broken request does not touch the group that it came into', async () => {
  const { log, commits, blocks } = await start()
  const first = commits.add(manySpans(0, 1), 'p')
  expect(() => commits.add(manySpans(1, 3).subarray(0, -9), 'p')).toThrow(DecodeError)
  const second = commits.add(manySpans(2, 1), 'p')
  await Promise.all([first.durable, second.durable])
  expect(log.ledger.snapshot()).toMatchObject({ received: 2, pending: 2 })
  expect(await blocks()).toEqual([2])
  await log.close()
})

test('a full log refuses requests before they are read', async () => {
  const { log, commits } = await start({ maxBytes: 20_000 })
  await commits.add(manySpans(0, 100), 'p').durable
  expect(() => commits.add(Buffer.from('not read'), 'p')).toThrow(
    expect.objectContaining({ reason: 'backpressure' }),
  )
  expect(log.ledger.snapshot()).toMatchObject({ received: 100, pending: 100 })
  await log.close()
})

test('draining writes what waits', async () => {
  const { log, commits, blocks } = await start({}, 60_000)
  const waiting = [0, 1, 2].map((at) => commits.add(manySpans(at, 1), 'p').durable)
  expect(commits.pendingBytes).toBeGreaterThan(0)
  await commits.drain()
  await Promise.all(waiting)
  expect(await blocks()).toEqual([3])
  await log.close()
})
