import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { flow, type Settled, UsageError } from '../index.ts'
import { record } from '../testing.ts'

describe('flow.all', () => {
  it('gives the record of what the branches give; their steps have the branch as key', async () => {
    await using recording = record()
    const both = flow('both', () =>
      flow.all({
        web: () => flow.step('search', async () => 1),
        docs: async () => {
          await flow.all({ old: () => flow.step('search', () => 2), new: () => flow.step('search', () => 3) })
          return flow.step('rank', () => 'x', { key: 'own' })
        },
      }),
    )
    const result = await both.run()
    expect(result).toEqual({ web: 1, docs: 'x' })
    expectTypeOf(result).toEqualTypeOf<{ web: number; docs: string }>()
    const keys = recording.spans.map(({ name, attributes }) => [name, attributes['weir.step.key']])
    expect(keys.toSorted()).toEqual([
      ['both', undefined],
      ['rank', 'own'],
      ['search', 'docs/new'],
      ['search', 'docs/old'],
      ['search', 'web'],
    ])
  })

  it('stops the others at the first failure, which it throws once all have ended', async () => {
    await using recording = record()
    const error = new Error('first')
    const run = flow('f', () =>
      flow.all({
        fails: () => flow.step('fails', () => Promise.reject(error)),
        waits: () => flow.step('waits', () => new Promise<never>(() => {})),
      }),
    ).run()
    await expect(run).rejects.toBe(error)
    expect(recording.only('waits').attributes['weir.run.status']).toBe('cancelled')
    expect(recording.only('f').attributes['weir.run.status']).toBe('error')
  })

  it('settles all where it is asked to', async () => {
    const error = new Error('no')
    const result = await flow.all(
      {
        fails: () => {
          throw error
        },
        works: async () => 1,
      },
      { onError: 'settle' },
    )
    expect(result).toEqual({ fails: { status: 'error', error }, works: { status: 'ok', value: 1 } })
    expectTypeOf(result).toEqualTypeOf<{ fails: Settled<never>; works: Settled<number> }>()
  })

  it.each([
    [() => flow.all(5 as never), 'flow.all: expected a record of functions, got 5 (number)'],
    [() => flow.all({ a: 1 as never }), 'branch "a" of flow.all: expected a function, got 1 (number)'],
    [() => flow.map([1], (n) => n, { concurrency: 0 }), 'concurrency: expected a whole number, 1 or more'],
    [() => flow.map([1], (n) => n, { onError: 'x' as never }), 'onError: expected "cancel" or "settle"'],
  ])('refuses wrong options %#', async (call, message) => {
    await expect(call()).rejects.toThrow(UsageError)
    await expect(call()).rejects.toThrow(message)
  })
})

describe('flow.map', () => {
  it('keeps the order, never runs more at once than it may, and calls each item once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 5 }),
        async (items, concurrency) => {
          let running = 0
          let most = 0
          const calls: number[] = []
          const double = async (item: number, index: number) => {
            calls.push(index)
            most = Math.max(most, ++running)
            await pause(item)
            running -= 1
            return item * 2
          }
          expect(await flow.map(items, double, { concurrency })).toEqual(items.map((item) => item * 2))
          expect(most).toBeLessThanOrEqual(concurrency)
          expect(calls).toEqual(items.map((_, index) => index))
        },
      ),
      { numRuns: 30 },
    )
  })

  it('names the steps of an item by its key', async () => {
    await using recording = record()
    const keyed = flow('f', () =>
      flow.map(['a', 'b'], (item) => flow.step('work', () => item), { key: (item) => `item ${item}` }),
    )
    expect(await keyed.run()).toEqual(['a', 'b'])
    expect(recording.named('work').map(({ attributes }) => attributes['weir.step.key'])).toEqual([
      'item a',
      'item b',
    ])
  })
})
