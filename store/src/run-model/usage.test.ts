import { expect, test } from 'vitest'
import { countedOf, expectRuns, runsOf } from './testing.ts'

test('wrappers repeat what spans below them say, at any distance', () => {
  expect(
    countedOf(`
    flow f 0+100 in=35 cost=0.75
      agent a 0+50 in=30 cost=0.75
        span between 0+40
          model m1 0+10 in=10 cost=0.25
          model m2 10+10 in=20 cost=0.5
      model m3 60+10 in=5
    `),
  ).toEqual([
    'f',
    'a',
    'm3 inputTokens 5',
    'between',
    'm1 inputTokens 10 cost 0.25',
    'm2 inputTokens 20 cost 0.5',
  ])
})

test('a cost that only a parent says counts', () => {
  expectRuns(
    `
    flow f 0+100
      agent a 0+50 in=10 out=3 cost=0.5
        model m 0+10 in=10 out=3 model=gpt
    `,
    `
    f ok 0+100 in=10 out=3 cost=0.5
      agent a#0 ok 0+50 in=10 out=3 cost=0.5
      call agent a ok 0+50 in a#0
      call model gpt ok 0+10 in a#0
      gpt: 1 call 10 ms in=10 out=3
    `,
  )
})

test('each measure counts for itself', () => {
  expect(
    countedOf(`
    agent a 0+50 in=10 out=3 cached=4 reasoning=2 cost=0.5
      model m 0+10 out=3
    `),
  ).toEqual(['a inputTokens 10 cachedInputTokens 4 reasoningTokens 2 cost 0.5', 'm outputTokens 3'])
  expect(
    countedOf(`
    agent a 0+50 in=10 out=3 cached=4 reasoning=2 cost=0.5
      model m 0+10 in=9 cached=3 reasoning=1 cost=0.4
    `),
  ).toEqual(['a outputTokens 3', 'm inputTokens 9 cachedInputTokens 3 reasoningTokens 1 cost 0.4'])
})

test('cached input is part of input and reasoning part of output: they are never added', () => {
  expectRuns(
    `
    flow f 0+100
      model m 0+10 in=10 out=5 cached=8 reasoning=4 model=gpt
    `,
    `
    f ok 0+100 in=10 out=5 cached=8 reasoning=4
      model m#0 ok 0+10 in=10 out=5 cached=8 reasoning=4
      call model gpt ok 0+10 in m#0
      gpt: 1 call 10 ms in=10 out=5 cached=8 reasoning=4
    `,
  )
})

test('a model whose tool calls another model counts as it says', () => {
  expectRuns(
    `
    flow f 0+100 in=110
      model outer 0+90 in=10 model=large
        tool summarize 10+50
          agent helper 11+45 in=100
            model inner 12+40 in=100 model=small
    `,
    `
    f ok 0+100 in=110
      model outer#0 ok 0+90 in=110
      call model large ok 0+90 in outer#0
      call tool summarize ok 10+50 in outer#0
      call agent helper ok 11+45 in outer#0
      call model small ok 12+40 in outer#0
      large: 1 call 90 ms in=10
      small: 1 call 40 ms in=100
    `,
  )
})

test('a wrapper of a model that is a model too is no call, and its tokens are the same ones', () => {
  expectRuns(
    `
    flow f 0+100
      model generate 0+90 in=10 model=gpt provider=openai
        model attempt 1+20 error model=gpt provider=openai
        span retry 25+60
          model doGenerate 30+50 in=10 model=gpt-4-0613 provider=openai
    `,
    `
    f ok 0+100 in=10
      model generate#0 ok 0+90 in=10
      call model gpt error 1+20 in generate#0
      call model gpt-4-0613 ok 30+50 in generate#0
      gpt of openai: 1 call 1 failed 20 ms
      gpt-4-0613 of openai: 1 call 50 ms in=10
    `,
  )
})

test('models are told apart by their provider, and what names no model is none', () => {
  expectRuns(
    `
    flow f 0+100
      step s 0+90
        model a 0+10 in=1 model=gpt provider=openai
        model b 10+10 in=2 model=gpt provider=azure error
        model c 20+10 in=4 model=gpt provider=azure
        model d 30+10 in=8
        reranker r 40+10 in=16 model=rank
        agent e 50+10 in=32 model=claude
    `,
    `
    f ok 0+100 in=63
      s#0 ok 0+90 in=63
      call model gpt ok 0+10 in s#0
      call model gpt error 10+10 in s#0
      call model gpt ok 20+10 in s#0
      call model d ok 30+10 in s#0
      call agent e ok 50+10 in s#0
      claude: 0 calls 0 ms in=32
      gpt of azure: 2 calls 1 failed 20 ms in=6
      gpt of openai: 1 call 10 ms in=1
      rank: 1 call 10 ms in=16
    `,
  )
})

test('a model call that comes late takes the usage over from its wrapper', () => {
  const picture = (model: string) => `
    flow f 0+100
      agent a 0+50 in=7
        model m 0+10 in=7 ${model}
    `
  expect(countedOf(picture('lost'))).toEqual(['f', 'a inputTokens 7'])
  expect(countedOf(picture(''))).toEqual(['f', 'a', 'm inputTokens 7'])
})

test('an estimated cost counts where nobody said one', () => {
  expect(
    countedOf(`
    flow f 0+100
      agent a 0+50 in=10 cost=0.3 estimated
        model m 0+10 in=10 cost=0.2 estimated
    `),
  ).toEqual(['f', 'a', 'm inputTokens 10 cost 0.2'])
})

test('a cost that an agent says replaces the estimates below it, and no other', () => {
  expect(
    countedOf(`
    flow f 0+100
      agent a 0+50 in=10 cost=0.5
        span attempt 0+40
          model m 0+10 in=10 cost=0.2 estimated
      model other 60+10 in=1 cost=0.25 estimated
    `),
  ).toEqual(['f', 'a cost 0.5', 'other inputTokens 1 cost 0.25', 'attempt', 'm inputTokens 10'])
})

test('a cost that is said below takes the place of what an agent says; the estimates beside it count again', () => {
  expect(
    countedOf(`
    flow f 0+100
      agent a 0+50 cost=0.5
        model m 0+10 in=10 cost=0.25
        model n 0+10 in=10 cost=0.125 estimated
    `),
  ).toEqual(['f', 'a', 'm inputTokens 10 cost 0.25', 'n inputTokens 10 cost 0.125'])
})

test('a cost that a model says replaces the estimate of its wrapper, and not that of a model that its tool calls', () => {
  expect(
    countedOf(`
    model wrapper 0+50 in=10 cost=0.5 estimated
      model m 0+40 in=10 cost=0.25
        tool t 10+10
          model inner 10+5 in=2 cost=0.125 estimated
    `),
  ).toEqual(['wrapper', 'm inputTokens 10 cost 0.25', 't', 'inner inputTokens 2 cost 0.125'])
})

test('a nested run counts its own; the run around it does not count it again', () => {
  expectRuns(
    `
    flow outer 0+100 cost=0.5
      flow inner 5+20 #i
        step s 6+10
          span call 6+5 cost=0.5
    `,
    `
    outer ok 0+100
    inner ok 5+20 cost=0.5 run=t-i parent=t
      s#0 ok 1+10 cost=0.5
    `,
  )
})

test('a run over several traces counts the usage of all of them', () => {
  const [run] = runsOf(`
    flow f 0+10 run=x @a
      model m 1+5 in=3
    flow f 20+10 run=x @b
      model m 21+5 in=4
    `)
  expect(run).toMatchObject({ inputTokens: 7, spanCount: 4 })
})

test('a span that was sent again counts once', () => {
  const [run] = runsOf(`
    flow f 0+? #f
    model m 1+? #m under=f
    flow f 0+50 #f in=9
    model m 1+10 #m under=f in=3 model=gpt
    model m 1+10 #m under=f in=3 model=gpt
    flow f 0+? #f
    `)
  expect(run).toMatchObject({ status: 'ok', spanCount: 2, inputTokens: 3, models: [{ calls: 1 }] })
})
