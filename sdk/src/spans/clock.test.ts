import { expect, it } from 'vitest'
import { flow } from '../flow/flow.ts'
import { flush, init, shutdown } from '../init.ts'

it('steps that follow each other within a millisecond keep their order, and none ends before it starts', async () => {
  const spans: { name: string; start: bigint; end: bigint }[] = []
  const nanoseconds = ([seconds, rest]: [number, number]) => BigInt(seconds) * 1_000_000_000n + BigInt(rest)
  init({
    exporter: {
      export: (batch, done) => {
        for (const { name, startTime, endTime } of batch) {
          spans.push({ name, start: nanoseconds(startTime), end: nanoseconds(endTime) })
        }
        done({ code: 0 })
      },
      shutdown: async () => {},
    },
  })
  const labels = Array.from({ length: 50 }, (_, index) => `step ${index}`)
  const before = BigInt(Date.now()) * 1_000_000n
  await flow('quick', async () => {
    for (const label of labels) await flow.step(label, () => {})
  }).run(undefined)
  await flush()
  await shutdown()
  const run = spans.find(({ name }) => name === 'quick')!
  const steps = spans.filter(({ name }) => name !== 'quick').sort((a, b) => (a.start < b.start ? -1 : 1))
  expect(steps.map(({ name }) => name)).toEqual(labels)
  expect(new Set(steps.map(({ start }) => start)).size).toBe(labels.length)
  for (const [index, { start, end }] of steps.entries()) {
    expect(end).toBeGreaterThanOrEqual(start)
    if (index > 0) expect(start).toBeGreaterThanOrEqual(steps[index - 1]!.end)
  }
  expect(run.start).toBeLessThanOrEqual(steps[0]!.start)
  expect(run.start).toBeGreaterThan(before - 5_000_000n)
  expect(run.end).toBeGreaterThanOrEqual(steps.at(-1)!.end)
})
