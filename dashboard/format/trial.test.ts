import { expect, test } from 'vitest'
import { formatTrial, trialsOf } from './trial.ts'

test('trials are counted from 1', () => {
  expect(formatTrial(0, 6)).toBe('1 of 6')
  expect(formatTrial(5, 6)).toBe('6 of 6')
  expect(formatTrial(0, undefined)).toBe('1')
})

test('the definition of an experiment says how many there are', () => {
  expect(trialsOf('{"checks":[],"trials":3}')).toBe(3)
  expect(trialsOf('{}')).toBeUndefined()
  expect(trialsOf('')).toBeUndefined()
})
