import { expect, test } from 'vitest'
import { Refusal } from '../refusal.ts'
import { Scheduler, type Waiting } from './scheduler.ts'

const of = (project: string): Waiting => ({ project, refusal: () => undefined })

/** Work that takes longer than a turn. */
function busy(): void {
  for (const end = performance.now() + 15; performance.now() < end; );
}

test('light work is done at once', async () => {
  const scheduler = new Scheduler()
  const done: number[] = []
  const all = [1, 2, 3].map((number) => scheduler.light(of('a'), () => done.push(number)))
  expect(done).toEqual([1, 2, 3])
  await Promise.all(all)
})

test('heavy work leaves turns to all else: light work, and the event loop', async () => {
  const scheduler = new Scheduler()
  const done: string[] = []
  const heavy = [1, 2, 3].map((number) =>
    scheduler.heavy(of('a'), () => {
      busy()
      done.push(`heavy ${number}`)
    }),
  )
  await new Promise((resolve) => setImmediate(resolve))
  done.push('event loop')
  const light = scheduler.light(of('a'), () => done.push('light'))
  await Promise.all([...heavy, light])
  expect(done).toEqual(['heavy 1', 'event loop', 'light', 'heavy 2', 'heavy 3'])
})

test('heavy work of projects takes turns, that of one comes in its order', async () => {
  const scheduler = new Scheduler()
  const done: string[] = []
  const work = (project: string, number: number) =>
    scheduler.heavy(of(project), () => {
      busy()
      done.push(`${project}${number}`)
    })
  await Promise.all([
    work('a', 1),
    work('a', 2),
    work('a', 3),
    work('a', 4),
    work('b', 1),
    work('b', 2),
    work('c', 1),
  ])
  expect(done).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'])
})

test.for(['light', 'heavy'] as const)('what nobody waits for any more is not done: %s', async (kind) => {
  const scheduler = new Scheduler()
  const gone = new Refusal('cut_off', 'gone')
  const done: string[] = []
  const first = scheduler[kind](of('a'), busy)
  let isGone = false
  const second = scheduler[kind]({ project: 'a', refusal: () => (isGone ? gone : undefined) }, () =>
    done.push('2'),
  )
  const third = scheduler[kind](of('a'), () => done.push('3'))
  isGone = true
  await first
  await expect(second).rejects.toBe(gone)
  await third
  expect(done).toEqual(['3'])
})

test('an error is one of the work alone', async () => {
  const scheduler = new Scheduler()
  const fail = () => {
    throw new TypeError('broken')
  }
  const all = [
    scheduler.light(of('a'), fail),
    scheduler.heavy(of('a'), fail),
    scheduler.light(of('a'), () => 1),
  ]
  expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
    'fulfilled',
  ])
})
