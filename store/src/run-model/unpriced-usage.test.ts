import { expect, test } from 'vitest'
import { countedOf, expectRuns } from './testing.ts'

test('tokens whose cost nobody knows are told: of the run, its step and its model', () => {
  expectRuns(
    `
    flow f 0+100
      step s 0+50
        model m 0+10 in=10 out=3 model=ours unpriced
        model n 20+10 in=5 cost=0.2 estimated model=gpt
    `,
    `
    f ok 0+100 in=15 out=3 cost=0.2 unpriced=13
      s#0 ok 0+50 in=15 out=3 cost=0.2 unpriced=13
      call model ours ok 0+10 in s#0
      call model gpt ok 20+10 in s#0
      gpt: 1 call 10 ms in=5 cost=0.2
      ours: 1 call 10 ms in=10 out=3 unpriced=13
    `,
  )
})

test('a wrapper without a model repeats the tokens of priced calls: their cost is known', () => {
  expect(
    countedOf(`
    agent a 0+50 in=10 out=3 unpriced
      model m 0+10 in=10 out=3 cost=0.2 estimated
    `),
  ).toEqual(['a', 'm inputTokens 10 outputTokens 3 cost 0.2'])
})

test('tokens that no call below says have no price where their span has none', () => {
  expect(
    countedOf(`
    agent a 0+50 in=10 out=3 unpriced
      model m 0+10 out=3 cost=0.2 estimated
    `),
  ).toEqual(['a inputTokens 10 unpricedTokens 10', 'm outputTokens 3 cost 0.2'])
})

test('an estimate by the model of a wrapper does not price what another model took', () => {
  expect(
    countedOf(`
    agent a 0+50 in=10 cost=0.3 estimated
      model m 0+10 in=10 unpriced
    `),
  ).toEqual(['a', 'm inputTokens 10 unpricedTokens 10'])
})

test('a cost that is said, above or below, is that of tokens without a price too', () => {
  expect(
    countedOf(`
    agent a 0+50 cost=0.5
      model m 0+10 in=10 unpriced
    `),
  ).toEqual(['a cost 0.5', 'm inputTokens 10'])
  expect(
    countedOf(`
    agent a 0+50 in=10 unpriced
      model m 0+10 cost=0.5
    `),
  ).toEqual(['a inputTokens 10', 'm cost 0.5'])
})

test('tokens that are said to cost nothing are not unknown', () => {
  expect(
    countedOf(`
    agent a 0+50 in=10 unpriced
      model m 0+10 in=10 cost=0
    `),
  ).toEqual(['a', 'm inputTokens 10'])
})
