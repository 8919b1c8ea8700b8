import { setTimeout as sleep } from 'node:timers/promises'
import type { InsertFailure } from '@weir/store'
import { expect, onTestFinished, test } from 'vitest'
import { Log } from '../log.ts'
import type { Outcome } from '../wal/ledger.ts'
import type { Segment } from '../wal/segment.ts'
import { Delivery, type SegmentSender } from './delivery.ts'
import { InsertError } from './insert-error.ts'

/** A store that says of every segment when it is stored, or why it is not. */
class Sender implements SegmentSender {
  readonly isOpen: boolean
  readonly begun: string[] = []
  readonly stored: string[] = []
  readonly failing = new Map<string, InsertFailure>()
  readonly begunInParts = new Set<string>()
  readonly budgets: number[] = []
  most = 0
  #inFlight = 0
  #gates = new Map<string, () => void>()

  /** @param isOpen whether segments are stored at once */
  constructor(isOpen: boolean) {
    this.isOpen = isOpen
  }

  async deliver({ name, rows }: Segment): Promise<Outcome> {
    this.begun.push(name)
    this.#inFlight += 1
    this.most = Math.max(this.most, this.#inFlight)
    if (!this.isOpen) await new Promise<void>((resolve) => this.#gates.set(name, resolve))
    else await sleep(1)
    this.#inFlight -= 1
    const failure = this.failing.get(name)
    if (failure) throw new InsertError(`${name} failed`, failure)
    this.stored.push(name)
    return { stored: rows, poison: 0, corrupt: 0 }
  }

  isInParts({ name }: Segment): boolean {
    return this.begunInParts.has(name)
  }

  async deliverInParts({ name, rows }: Segment, takesOthers: boolean, budget: number): Promise<Outcome> {
    this.begun.push(`${name} in parts`)
    if (!takesOthers && !this.begunInParts.has(name)) throw new InsertError(`${name} failed`, 'poison')
    this.budgets.push(budget)
    if (!this.isOpen) await new Promise<void>((resolve) => this.#gates.set(`${name} in parts`, resolve))
    this.stored.push(`${name} in parts`)
    return { stored: rows - 1, poison: 1, corrupt: 0 }
  }

  async finish(name: string): Promise<void> {
    await expect.poll(() => this.#gates.has(name)).toBe(true)
    this.#gates.get(name)!()
  }
}

function segment(name: string, recovered = false): Segment {
  return { name, directory: '/none', columns: [], bytes: 1, rows: 2, rejected: 0, recovered }
}

function start(isOpen: boolean) {
  const sender = new Sender(isOpen)
  const finished: Outcome[] = []
  let idle = 0
  const delivery = new Delivery(sender, {
    parallel: 2,
    log: new Log('silent'),
    finish: async (_segment, outcome) => void finished.push(outcome),
    onIdle: () => (idle += 1),
  })
  onTestFinished(() => void delivery.stop())
  return { sender, delivery, finished, idle: () => idle }
}

test('a few segments are inserted one after the other, in their order', async () => {
  const { sender, delivery, finished } = start(false)
  for (const name of ['1', '2']) delivery.add(segment(name))
  expect(sender.begun).toEqual(['1'])
  await sender.finish('1')
  await expect.poll(() => sender.begun).toEqual(['1', '2'])
  await sender.finish('2')
  await expect.poll(() => finished.length).toBe(2)
  expect(sender.most).toBe(1)
  expect(delivery.isIdle).toBe(true)
})

test('of many segments several are inserted at once, oldest first, and one that is new beside them', async () => {
  const { sender, delivery } = start(false)
  for (const name of ['1', '2', '3', '4', '5']) delivery.add(segment(name, true))
  expect(sender.begun).toEqual(['1', '2'])
  expect(delivery.isIdle).toBe(true)
  delivery.add(segment('6'))
  expect(sender.begun).toEqual(['1', '2', '6'])
  expect(delivery.isIdle).toBe(false)
  delivery.add(segment('7'))
  expect(sender.begun).toHaveLength(3)
  await sender.finish('1')
  await expect.poll(() => sender.begun).toEqual(['1', '2', '6', '3'])
  await sender.finish('6')
  await expect.poll(() => sender.begun).toEqual(['1', '2', '6', '3', '7'])
})

test('while the store is away one segment at a time is tried, the oldest, and then all are stored in order', async () => {
  const { sender, delivery, finished } = start(true)
  for (const name of ['1', '2']) sender.failing.set(name, 'away')
  for (const name of ['1', '2']) delivery.add(segment(name))
  await expect.poll(() => sender.begun.length).toBeGreaterThan(3)
  expect(new Set(sender.begun)).toEqual(new Set(['1']))
  expect(delivery.isIdle).toBe(false)
  sender.failing.clear()
  await expect.poll(() => finished.length).toBe(2)
  expect(sender.stored).toEqual(['1', '2'])
})

test.for(['poison', 'unclear'] as const)(
  'a segment that fails (%s) does not hold up the others',
  async (failure) => {
    const { sender, delivery, finished } = start(true)
    sender.failing.set('1', failure)
    for (const name of ['1', '2', '3', '4']) delivery.add(segment(name))
    await expect.poll(() => sender.stored.slice(0, 3).sort()).toEqual(['2', '3', '4'])
    await expect.poll(() => sender.stored).toContain('1 in parts')
    expect(finished).toContainEqual({ stored: 1, poison: 1, corrupt: 0 })
  },
)

test('a segment that fails alone is not set aside, and is tried ever more rarely', async () => {
  const { sender, delivery, finished } = start(true)
  sender.failing.set('1', 'poison')
  delivery.add(segment('1'))
  await sleep(1_500)
  expect(sender.begun.length).toBeLessThan(5)
  expect(finished).toEqual([])
  delivery.add(segment('2'))
  await expect.poll(() => sender.stored).toEqual(['2', '1 in parts'])
})

test('a segment in parts holds up no others, and is delivered in parts again after a restart', async () => {
  const { sender, delivery, finished } = start(false)
  for (const name of ['1', '2', '3']) {
    sender.begunInParts.add(name)
    delivery.add(segment(name, true))
  }
  expect(sender.begun).toEqual(['1 in parts'])
  expect(delivery.isIdle).toBe(true)
  delivery.add(segment('4'))
  expect(sender.begun).toEqual(['1 in parts', '4'])
  await sender.finish('4')
  await expect.poll(() => finished.length).toBe(1)
  expect(delivery.isIdle).toBe(true)
  for (const name of ['1', '2', '3']) await sender.finish(`${name} in parts`)
  await expect.poll(() => finished.length).toBe(4)
  // The more wait, the fewer inserts each of them has.
  expect(sender.budgets).toEqual([20_000, 10_000, 20_000])
})

test('draining ends when all is stored, when the time is over, and at once when the store is away', async () => {
  const stored = start(true)
  stored.delivery.add(segment('1'))
  await stored.delivery.drain(5_000)
  expect(stored.finished).toHaveLength(1)

  const slow = start(false)
  slow.delivery.add(segment('1'))
  await slow.delivery.drain(100)
  expect(slow.finished).toEqual([])

  const away = start(true)
  away.sender.failing.set('1', 'away')
  away.delivery.add(segment('1'))
  const began = away.sender.begun.length
  await away.delivery.drain(60_000)
  expect(away.sender.begun.length).toBeLessThan(began + 5)
  await slow.sender.finish('1')
})
