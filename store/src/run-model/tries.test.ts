import { test } from 'vitest'
import { expectRuns, expectSteps } from './testing.ts'

test('attempts are the spans of kind attempt right below a step, and no steps', () => {
  expectSteps(
    `
    flow f 0+100
      step plan 0+30
        attempt plan 0+10 error
        attempt plan 15+15
          attempt other 16+1
    `,
    `
    f ok 0+100
      plan#0 ok 0+30 x2
    `,
  )
  expectSteps(
    `
    flow f 0+100
      tool plan 0+30
        attempt plan 0+10 error
        attempt plan 15+15
      attempt f 0+100
    `,
    `
    f ok 0+100
      tool plan#0 ok 0+30 x2
    `,
  )
})

test('attempts may be declared; a fallback is ok, and flagged', () => {
  expectSteps(
    `
    flow f 0+100
      step search 40+10 attempts=3 fallback
    `,
    `
    f ok 0+100
      search#0 ok 40+10 x3 fallback
    `,
  )
})

test('sibling steps of one label are tries of one execution while the earlier failed; the last decides', () => {
  expectSteps(
    `
    flow f 0+100
      step call 0+10 error
      step call 10+10 error
      step call 30+10
      step call 50+10
      step wrong 60+10 error
      step wrong 75+10 error
    `,
    `
    f ok 0+100
      call#0 ok 0+40 x3
      call#1 ok 50+10
      wrong#0 error 60+25 x2
    `,
  )
})

test('a fallback of any try is the fallback of the execution', () => {
  expectSteps(
    `
    flow f 0+100
      step call 0+10 error fallback
      step call 10+10
    `,
    `
    f ok 0+100
      call#0 ok 0+20 x2 fallback
    `,
  )
})

test('no tries: steps at the same time, of other parents, with other labels, or after one that did not fail', () => {
  expectSteps(
    `
    flow f 0+100
      step parallel 0+20 error
      step parallel 10+20
      step outer 40+10
        step call 41+2 error
      step call 50+10
      step one 60+5 error
      step two 65+5
      step asked 70+5 suspended
      step asked 75+5
      step open 80+? error
      step open 90+5
    `,
    `
    f ok 0+100
      parallel#0 error 0+20
      parallel#1 ok 10+20
      outer#0 ok 40+10
        call#0 error 41+2
      call#1 ok 50+10
      one#0 error 60+5
      two#0 ok 65+5
      asked#0 suspended 70+5
      asked#1 ok 75+5
      open#0 running 80+0
      open#1 ok 90+5
    `,
  )
})

test('steps that declare their occurrence or their attempts are never tries', () => {
  expectSteps(
    `
    flow f 0+100
      step counted 0+10 error index=0
      step counted 10+10 index=1
      step tried 20+10 error attempts=2
      step tried 30+10
    `,
    `
    f ok 0+100
      counted#0 error 0+10
      counted#1 ok 10+10
      tried#0 error 20+10 x2
      tried#1 ok 30+10
    `,
  )
})

test('plain spans are never tries: a failed request and two that succeeded are three executions', () => {
  expectSteps(
    `
    span job 0+100
      span GET 0+10 error
      span GET 10+10
      span GET 20+10
    `,
    `
    job ok 0+100
      span GET#0 error 0+10
      span GET#1 ok 10+10
      span GET#2 ok 20+10
    `,
  )
})

test('a tool that an agent calls again after it failed is tried again; a model is not', () => {
  expectRuns(
    `
    agent clerk 0+100
      model gpt 0+10 error
      model gpt 10+10
      tool send 30+10 error
      model gpt 40+10
      tool send 50+10
      tool send 60+10
    `,
    `
    clerk ok 0+100
      model gpt#0 error 0+10
      model gpt#1 ok 10+10
      tool send#0 ok 30+30 x2
      model gpt#2 ok 40+10
      tool send#1 ok 60+10
      call agent clerk ok 0+100
      call model gpt error 0+10 in gpt#0
      call model gpt ok 10+10 in gpt#1
      call tool send error 30+10 in send#0
      call model gpt ok 40+10 in gpt#2
      call tool send ok 50+10 in send#0
      call tool send ok 60+10 in send#1
    `,
  )
})

test('what is inside a later try hangs on the execution', () => {
  expectRuns(
    `
    flow f 0+100
      step first 0+5
      step call 10+10 error
        tool t 11+2 error
      step call 30+10
        step inner 31+5
          tool t 32+2
    `,
    `
    f ok 0+100
      first#0 ok 0+5
      call#0 ok 10+30 x2
        inner#0 ok 31+5
      call tool t error 11+2 in call#0
      call tool t ok 32+2 in inner#0
    `,
  )
})

test('tries within one millisecond of a client that knows starts only to the millisecond', () => {
  expectSteps(
    `
    flow f 0+100
      step flaky 5+0.017
      step flaky 5+0.129 error
      step flaky 5+0.059 error
      step exact 10.1+0.5 error
      step exact 10.5+0.1
    `,
    `
    f ok 0+100
      flaky#0 ok 5+0.129 x3
      exact#0 error 10.1+0.5
      exact#1 ok 10.5+0.1
    `,
  )
})
