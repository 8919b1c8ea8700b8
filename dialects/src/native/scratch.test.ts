import { expect, test } from 'vitest'
import { giveBack, Scratch } from './scratch.ts'

const KEPT = 16 * 1024 * 1024

test('what fits uses the same memory again', () => {
  const scratch = new Scratch()
  const first = scratch.join([Buffer.from('one '), Buffer.from(''), Buffer.from('two')])
  expect(first.toString()).toBe('one two')
  const second = scratch.join([Buffer.from('three')])
  expect(second.toString()).toBe('three')
  expect(second.buffer).toBe(first.buffer)
})

test('it grows, and keeps nothing that is too large', () => {
  const scratch = new Scratch()
  const { buffer } = scratch.take(1000)
  expect(scratch.take(1001).buffer.byteLength).toBe(2000)
  const kept = scratch.take(KEPT)
  expect(kept.buffer).not.toBe(buffer)
  const large = scratch.take(KEPT + 1)
  expect(large).toHaveLength(KEPT + 1)
  expect(large.buffer).not.toBe(kept.buffer)
  expect(scratch.take(KEPT).buffer).toBe(kept.buffer)
})

test('memory of its own is given back, shared memory is not', () => {
  const own = Buffer.allocUnsafeSlow(100_000)
  const shared = [own.subarray(1), Buffer.from('of the pool'), Buffer.allocUnsafe(3000)]
  for (const bytes of shared) giveBack(bytes)
  expect(shared.map(({ length }) => length)).toEqual([99_999, 11, 3000])
  giveBack(own)
  expect(own).toHaveLength(0)
})
