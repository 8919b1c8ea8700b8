import { expect, test } from 'vitest'
import { memoryStore } from '../stores/memory.ts'
import { listSteps, recall, remember } from './journal.ts'
import { NotStorableError } from './stored-value.ts'

test('the first outcome of a step stands', async () => {
  const store = memoryStore()
  const step = { label: 'plan' }
  expect(await recall(store, 'r', step)).toBeUndefined()
  const all = await Promise.all([1, 2, 3].map((value) => remember(store, 'r', step, { value }, 5)))
  expect(all).toEqual([{ value: 1 }, { value: 1 }, { value: 1 }])
  expect(await recall(store, 'r', step)).toEqual({ value: 1 })
  expect(await recall(store, 'other', step)).toBeUndefined()
})

test('a failure stands, too', async () => {
  const store = memoryStore()
  await remember(store, 'r', { label: 'plan' }, { error: new RangeError('no') }, 5)
  expect(await remember(store, 'r', { label: 'plan' }, { value: 1 }, 6)).toEqual({
    error: new RangeError('no'),
  })
})

test('steps are told apart by label, occurrence and key, whatever text these are', async () => {
  const store = memoryStore()
  const steps = [
    { label: 'a' },
    { label: 'a', occurrence: 1 },
    { label: 'a', occurrence: 11 },
    { label: 'a', key: '' },
    { label: 'a', key: '0' },
    { label: 'a', key: '1' },
    { label: 'a//1' },
    { label: 'a/', key: '1' },
    { label: 'a', key: '/1' },
    { label: 'a%2f' },
    { label: '' },
    { label: '\0' },
    { label: '\ud800' },
    { label: '\u{10FFFF}' },
    { label: 'é' },
    { label: 'e\u0301' },
    { label: 'x'.repeat(5000) },
    { label: `${'x'.repeat(4999)}y`, key: 'y'.repeat(5000) },
  ]
  for (const [value, step] of steps.entries()) await remember(store, 'r', step, { value }, value)
  for (const [value, step] of steps.entries()) expect(await recall(store, 'r', step)).toEqual({ value })
  const listed = await listSteps(store, 'r')
  expect(listed).toEqual(steps.map((step, value) => ({ step, outcome: { value }, at: value })))
})

test('a list is in the order in which steps ended, and has all of them', async () => {
  const store = memoryStore()
  const occurrences = Array.from({ length: 250 }, (_, index) => (index * 7) % 250)
  for (const occurrence of occurrences)
    await remember(store, 'r', { label: 'a', occurrence }, { value: 1 }, 5)
  expect((await listSteps(store, 'r')).map(({ step }) => step.occurrence)).toEqual(occurrences)
})

test('a value that cannot be stored names its step', async () => {
  const store = memoryStore()
  const value = { client: new (class Client {})() }
  const remembered = (step: { label: string; key?: string; occurrence?: number }) =>
    remember(store, 'r', step, { value }, 5)
  await expect(remembered({ label: 'plan' })).rejects.toThrow(NotStorableError)
  await expect(remembered({ label: 'plan' })).rejects.toThrow('The output of step "plan" cannot be stored')
  await expect(remembered({ label: 'plan', occurrence: 2 })).rejects.toThrow('step "plan", occurrence 2 ')
  await expect(remembered({ label: 'plan', key: 'a' })).rejects.toThrow('step "plan" with key "a" ')
})
