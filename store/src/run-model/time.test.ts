import { expect, test } from 'vitest'
import { expectRuns, expectSteps, runsOf, SPAN } from './testing.ts'

test('a step that begins before its run is uncertain by that much', () => {
  expectSteps(
    `
    flow f 10+100
      step early 7+5
      step inside 20+5
      step late 105+20
    `,
    `
    f ok 10+100
      early#0 ok -3+5 ±3
      inside#0 ok 10+5
      late#0 ok 95+20
    `,
  )
})

test('a call that begins before its run is uncertain like a step', () => {
  expectRuns(
    `
    flow f 10+100
      step s 12+50
        model early 7+9
        model inside 20+5
    `,
    `
    f ok 10+100
      s#0 ok 2+50
      call model early ok -3+9 ±3 in s#0
      call model inside ok 10+5 in s#0
    `,
  )
})

test('a step that ends before it begins took no time, and is uncertain by that much', () => {
  expectRuns(
    `
    flow f 10+100
      step backwards 20+-5
        tool t 21+-2
      step both 8+-1
    `,
    `
    f ok 10+100
      both#0 ok -2+0 ±2
      backwards#0 ok 10+0 ±5
      call tool t ok 11+0 ±2 in backwards#0
    `,
  )
})

test('of tries the most uncertain one counts', () => {
  expectSteps(
    `
    flow f 10+100
      step s 4+1 error
      step s 8+1 error
      step s 20+-4
    `,
    `
    f ok 10+100
      s#0 ok -6+12 x3 ±6
    `,
  )
})

test('a run that ends before it begins takes no time', () => {
  expectRuns(`flow f 10+-5`, `f ok 10+0`)
})

test('a run that goes on has lasted until the newest time that any of its spans says', () => {
  expectRuns(
    `
    flow f 10+?
      step a 20+50
      step b 60+?
    `,
    `
    f running? 10+60
      a#0 ok 10+50
      b#0 running 50+0
    `,
  )
})

test('times are exact to the nanosecond', () => {
  const [run] = runsOf(`
    flow f 0.000001+0.000002
      step s 0.000002+0.000001
    `)
  expect(run).toMatchObject({
    startUnixNano: SPAN.startNs + 1n,
    durationNs: 2,
    steps: [{ startNs: 1, durationNs: 1, uncertainNs: 0 }],
  })
})
