import { expect, test } from 'vitest'
import { traceOfRunId } from './assign-runs.ts'
import { placeSpans } from './place-spans.ts'
import { expectSteps, runsOf, spansOf } from './testing.ts'

/** The run of each span, by name. */
const membersOf = (picture: string) =>
  placeSpans(spansOf(picture))
    .map(({ facts, runId }) => `${facts.name}: ${runId}`)
    .sort()

test('the outermost flow is the run of its trace, nested ones are runs of their own', () => {
  const picture = `
    flow outer 0+100
      step call 10+50
        flow inner 20+30 #i
          step deep 21+5
            flow innermost 22+1 #j
      step z 70+5
    `
  expect(membersOf(picture)).toEqual([
    'call: t',
    'deep: t-i',
    'inner: t-i',
    'innermost: t-j',
    'outer: t',
    'z: t',
  ])
  expectSteps(
    picture,
    `
    outer ok 0+100
      call#0 ok 10+50
      z#0 ok 70+5
    inner ok 20+30 run=t-i parent=t
      deep#0 ok 1+5
    innermost ok 22+1 run=t-j parent=t-i
    `,
  )
})

test('what is in no flow belongs to the one that begins first, wherever it is', () => {
  const picture = `
    span POST / 0+100
      flow b 30+10 #b
      span auth 1+2
        flow a 10+10 #a
          tool t 11+1
      span log 90+1
    `
  expect(membersOf(picture)).toEqual(['POST /: t', 'a: t', 'auth: t', 'b: t-b', 'log: t', 't: t'])
  expectSteps(
    picture,
    `
    a ok 10+10
      tool t#0 ok 1+1
    b ok 30+10 run=t-b
    `,
  )
})

test('a trace without a flow is one run', () => {
  const picture = `
    span GET / 0+100
      span query 1+50
        span net 2+10
    `
  expect(membersOf(picture)).toEqual(['GET /: t', 'net: t', 'query: t'])
})

test('of several roots without a flow, the first is the root', () => {
  expectSteps(
    `
    span later 50+10
      span c 51+1
    span first 0+20
      span a 1+1
    `,
    `
    first ok 0+20
      span a#0 ok 1+1
    `,
  )
})

test('a declared run id goes before flows, and holds for what is below it', () => {
  const picture = `
    flow f 0+100
      step s 10+20 run=mine
        span fetch 11+1
        flow g 12+5 #g
      step u 40+5
    `
  expect(membersOf(picture)).toEqual(['f: t', 'fetch: mine', 'g: t-g', 's: mine', 'u: t'])
  expectSteps(
    picture,
    `
    f ok 0+100
      u#0 ok 40+5
    s ok 10+20 run=mine parent=t
      span fetch#0 ok 1+1
    g ok 12+5 run=t-g parent=mine
    `,
  )
})

test('the first flow lends its declared run id to what is in no flow', () => {
  const picture = `
    span POST / 0+100
      flow f 10+50 run=mine parentRunId=starter
        step s 20+10 run=mine
          span fetch 21+1
      span log 90+1
    `
  expect(membersOf(picture)).toEqual(['POST /: mine', 'f: mine', 'fetch: mine', 'log: mine', 's: mine'])
  expectSteps(
    picture,
    `
    f ok 10+50 run=mine parent=starter
      s#0 ok 10+10
    `,
  )
})

test('a flow inside a flow that declares the same run is a part of it', () => {
  expectSteps(
    `
    flow f 0+100 run=mine
      step s 1+50 run=mine
        flow g 2+10 run=mine
          tool t 3+5
    `,
    `
    f ok 0+100 run=mine
      s#0 ok 1+50
    `,
  )
})

test('a declared parent goes before the run around', () => {
  expectSteps(
    `
    flow outer 0+100
      flow inner 20+30 #i parentRunId=other
    `,
    `
    outer ok 0+100
    inner ok 20+30 run=t-i parent=other
    `,
  )
})

test('a flow is named as its flow span says, else as any of its spans does, else as its root', () => {
  expectSteps(`flow label 0+10 flow=declared`, `declared ok 0+10`)
  expectSteps(
    `
    flow root 0+10 lost
      step b 2+1 flow=second
      step a 1+1 flow=first
    `,
    `
    first running? 1+2
      a#0 ok 0+1
      b#0 ok 1+1
    `,
  )
  expectSteps(
    `
    span POST / 0+10
      step a 1+1 flow=told
    `,
    `
    told ok 0+10
      a#0 ok 1+1
    `,
  )
})

test('a run over several traces is one, the trace of its root first', () => {
  expectSteps(
    `
    step late 50+5 run=mine @a local under=unknown
    flow f 10+10 run=mine @c
      step early 11+5 run=mine
    step other 60+5 run=mine @b local under=unknown
    `,
    `
    f ok 10+10 run=mine traces=c,a,b
      early#0 ok 1+5
      late#0 ok 40+5
      other#0 ok 50+5
    `,
  )
})

test('a run that was continued in another trace under the id of its first', () => {
  expectSteps(
    `
    flow f 0+10 @a suspended
      step ask 1+5
    span POST /answer 5000+100 @b
      flow f 5010+10 run=a
        step answer 5011+5
    `,
    `
    f ok 0+20 run=a traces=a,b
      ask#0 ok 1+5
      answer#0 ok 5011+5
    `,
  )
})

test('several runs that several traces declare', () => {
  expectSteps(
    `
    flow f 0+10 run=x @a
      flow g 1+5 run=y
    flow g 20+10 run=y @b
      flow f 21+5 run=x
    `,
    `
    f ok 0+26 run=x traces=a,b
    g ok 1+29 run=y parent=x traces=a,b
    `,
  )
})

test('runs are in the order of their start, then of their ids', () => {
  const ids = runsOf(`
    flow f 5+1 @b
    flow f 5+1 @a
    flow f 0+1 @c
    `).map(({ runId }) => runId)
  expect(ids).toEqual(['c', 'a', 'b'])
})

test('a parent is the root only of its own trace: equal span ids of two traces are two spans', () => {
  expectSteps(
    `
    flow f 0+10 @a #same
      step s 1+5 #below
    flow g 20+10 @b #same
      step u 21+5 #below
    `,
    `
    f ok 0+10 run=a
      s#0 ok 1+5
    g ok 20+10 run=b
      u#0 ok 1+5
    `,
  )
})

test('cycles of parents and self parents are cut', () => {
  const picture = `
    flow f 0+50
    step self 1+5 #self under=self
    step x 2+5 #x under=y
      step below 3+1
    step y 3+5 #y under=x
    `
  expect(membersOf(picture)).toEqual(['below: t', 'f: t', 'self: t', 'x: t', 'y: t'])
  expectSteps(
    picture,
    `
    f ok 0+50
      self#0 ok 1+5
      x#0 ok 2+5
      y#0 ok 3+5
        below#0 ok 3+1
    `,
  )
})

test('the id of a run names its trace, where nobody declared it', () => {
  const trace = 'ab'.repeat(16)
  const runs = runsOf(`
    flow outer 0+10 @${trace}
      flow inner 1+1 #${'cd'.repeat(8)}
      flow named 3+1 run=Order-7
    `)
  expect(runs.map(({ runId }) => traceOfRunId(runId))).toEqual([trace, trace, undefined])
  expect(traceOfRunId(`${trace}-1`)).toBeUndefined()
})

test('a run shares its traces where spans of another run are in one of them', () => {
  const sharing = (picture: string) =>
    Object.fromEntries(runsOf(picture).map(({ runId, sharesTraces }) => [runId, sharesTraces]))
  expect(
    sharing(`
    flow alone 0+10 @a
      step s 1+1
    flow outer 0+10 @b
      flow inner 1+1 #i
    flow began 0+5 run=parts @c
    flow goes-on 5+5 run=parts @d
    flow began 0+5 run=crowded @e
    flow goes-on 5+5 run=crowded @f
    flow beside 5+5 @f #z
    `),
  ).toEqual({ a: false, b: true, 'b-i': true, parts: false, crowded: true, 'f-z': true })
})
