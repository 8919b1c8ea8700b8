import { expect, test } from 'vitest'
import { describeUnknownCost, formatKnownCost } from './cost.ts'

test.each([
  [{ cost: 0, unpricedTokens: 0 }, '$0'],
  [{ cost: 0.42, unpricedTokens: 0 }, '$0.420'],
  [{ cost: 0, unpricedTokens: 7 }, 'unknown'],
  [{ cost: 0.42, unpricedTokens: 7 }, '≥ $0.420'],
])('the cost of %o is %s', (cost, text) => {
  expect(formatKnownCost(cost)).toBe(text)
})

test('the cost of one of several', () => {
  expect(formatKnownCost({ cost: 1, unpricedTokens: 0 }, 4)).toBe('$0.250')
  expect(formatKnownCost({ cost: 1, unpricedTokens: 1 }, 4)).toBe('≥ $0.250')
  expect(formatKnownCost({ cost: 0, unpricedTokens: 0 }, 0)).toBe('$0')
})

test('what is unknown, and what to do', () => {
  expect(describeUnknownCost({ unpricedTokens: 0 })).toBeUndefined()
  expect(describeUnknownCost({ unpricedTokens: 1234 })).toBe(
    'Nobody knows the cost of 1,234 tokens: no client said it, and no price of their model is known. Name it in the file of WEIR_PRICES.',
  )
})
