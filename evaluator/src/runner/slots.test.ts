import { expect, it } from 'vitest'
import { Slots } from './slots.ts'

it('only so many begin at a time, in the order in which they came', async () => {
  let most = 2
  const slots = new Slots(() => most)
  const begun: number[] = []
  for (let i = 0; i < 8; i++) void slots.take().then(() => begun.push(i))
  const turn = () => new Promise(setImmediate)
  await turn()
  expect(begun).toEqual([0, 1])
  slots.giveBack()
  await turn()
  expect(begun).toEqual([0, 1, 2])
  most = 4
  slots.giveBack()
  await turn()
  expect(begun).toEqual([0, 1, 2, 3, 4, 5])
  most = 1
  for (let i = 0; i < 3; i++) slots.giveBack()
  await turn()
  expect(begun).toHaveLength(6)
  slots.giveBack()
  await turn()
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6])
})
