import { expect, test } from 'vitest'
import { Slots } from './slots.ts'

test('as many as there are slots, the others in order, without those that gave up', async () => {
  const slots = new Slots(1)
  const { signal } = new AbortController()
  const leaving = new AbortController()
  const order: string[] = []
  const first = await slots.take(signal)
  const left = slots.take(leaving.signal)
  const second = slots.take(signal).then((release) => {
    order.push('second')
    return release
  })
  const third = slots.take(signal).then(() => order.push('third'))
  leaving.abort(new Error('gone'))
  await expect(left).rejects.toThrow('gone')
  expect(order).toEqual([])
  first()
  const release = await second
  expect(order).toEqual(['second'])
  release()
  await third
  expect(order).toEqual(['second', 'third'])
})

test('a signal that was aborted before takes no slot', async () => {
  const slots = new Slots(1)
  const release = await slots.take(new AbortController().signal)
  await expect(slots.take(AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
  release()
  await slots.take(new AbortController().signal)
})
