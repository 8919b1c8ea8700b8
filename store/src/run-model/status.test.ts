import { expect, test } from 'vitest'
import { expectRuns, expectSteps, runsOf } from './testing.ts'

test.each(['error', 'suspended', 'cancelled', 'replayed', 'skipped'])(
  '%s is said by the span itself',
  (status) => {
    expectRuns(
      `
    flow f 0+100 ${status}
      step s 1+5 ${status}
        tool t 2+1 ${status}
    `,
      `
    f ${status} 0+100
      s#0 ${status} 1+5
      call tool t ${status} 2+1 in s#0
    `,
    )
  },
)

test('a run is as its root says, whatever failed below it; suspended and cancelled are no errors', () => {
  const [run] = runsOf(`
    flow f 0+100
      step a 1+5 error errorType=Quota
      step b 10+5 suspended
      step c 20+5 cancelled
    `)
  expect(run).toMatchObject({ status: 'ok', errorCount: 1, errorType: '', errorMessage: '' })
})

test('an error is the one of the root, else the first that a span says', () => {
  const error = (root: string) => {
    const [run] = runsOf(`
      flow f 0+100 error ${root}
        step b 10+5 error errorType=Second errorMessage=two
        step a 1+5 error errorType=First errorMessage=one
      `)
    return `${run!.errorType} ${run!.errorMessage}`
  }
  expect(error('errorType=Own errorMessage=mine')).toBe('Own mine')
  expect(error('')).toBe('First one')
})

test('what has ended and says nothing else is ok', () => {
  expectSteps(
    `
    flow f 0+100 status=
      step s 1+5 status=running
    `,
    `
    f ok 0+100
      s#0 ok 1+5
    `,
  )
})

const unended = `
  flow f 0+? received=1000000
    step wait 1+? received=2000000
      tool t 2+? received=1500000
  `

test('what has not ended runs until ten minutes after its last span came, then it has expired', () => {
  const running = `
    f running? 0+2
      wait#0 running 1+0
      call tool t running 2+0 in wait#0
    `
  expectRuns(unended, running, { nowMs: 2_000_000 })
  expectRuns(unended, running, { nowMs: 2_599_999 })
  expectRuns(unended, running.replaceAll('running', 'expired'), { nowMs: 2_600_000 })
})

test('what came later than the clock says came before it was set back: it has expired', () => {
  const statusAt = (nowMs: number) => runsOf(unended, { nowMs })[0]?.status
  expect(statusAt(1_990_000)).toBe('running')
  expect(statusAt(1_989_999)).toBe('expired')
})

test('a run that has lost its root expires as well; what has ended keeps its status', () => {
  expectSteps(
    `
    flow f 0+100 lost
      step done 1+5 error
      step open 10+?
    `,
    `
    expired? 1+9
      done#0 error 0+5
      open#0 expired 9+0
    `,
    { nowMs: 600_000 },
  )
})

test('a run whose root has ended never expires, nor does what it left open', () => {
  expectSteps(
    `
    flow f 0+100
      step open 10+?
    `,
    `
    f ok 0+100
      open#0 running 10+0
    `,
    { nowMs: 600_000 },
  )
})

test('a run in several parts is as its last part is', () => {
  const parts = (second: string) => `
    flow f 0+10 run=x @a suspended
      step ask 1+5
    flow f 5000+${second} run=x @b
      step answer 5001+5
    `
  const expected = (head: string) => `
    ${head}
      ask#0 ok 1+5
      answer#0 ok 5001+5
    `
  expectSteps(parts('10'), expected('f ok 0+20 run=x traces=a,b'))
  expectSteps(parts('10 error'), expected('f error 0+20 run=x traces=a,b'))
  expectSteps(parts('?'), expected('f running? 0+16 run=x traces=a,b'))
})

test('of a run in several parts the input is that of the first, the output that of the last', () => {
  const [run] = runsOf(`
    flow f 5000+10 run=x @b #resumed
    flow f 0+10 run=x @a #begun suspended
    flow f 9000+10 run=x @c #lost lost
    `)
  expect([run!.root, run!.inputOf, run!.outputOf].map((span) => span?.spanId)).toEqual([
    'begun',
    'begun',
    'resumed',
  ])
})

test('of several roots without a flow the first decides alone', () => {
  const [run] = runsOf(`
    span second 50+10 error #second
    span first 0+20 #first
    `)
  expect(run).toMatchObject({ status: 'ok', durationNs: 20e6, outputOf: { spanId: 'first' } })
})

test('without a root there is no input and no output', () => {
  const [run] = runsOf(`
    flow f 0+100 lost
      step s 1+5
    `)
  expect(run).toMatchObject({ root: undefined, inputOf: undefined, outputOf: undefined })
})

test('waiting is no part of the duration: several waits, one that goes on, and parts that were not suspended', () => {
  expectRuns(
    `
    flow f 0+10 @a suspended
    flow f 1000+10 @b run=a suspended
    flow f 2000+10 @c run=a
    flow f 3000+10 @d run=a
    flow g 0+10 @x suspended
    flow g 5+20 @y run=x suspended
    `,
    `
    f ok 0+1030 run=a traces=a,b,c,d
    g suspended 0+25 run=x traces=x,y
    `,
  )
})

test('an agent within one of its name takes nothing from the waiting, and its own waiting is part of the work around it', () => {
  expectRuns(
    `
    agent outer 0+50 suspended @a
      agent outer 10+5
      agent outer 1000+40
    agent busy 0+100 @b
      agent busy 10+10 suspended
      agent busy 50+10
    `,
    `
    outer ok 0+90 run=a
      agent outer#0 ok 10+5
      agent outer#1 ok 1000+40
      call agent outer suspended 0+50
      call agent outer ok 10+5 in outer#0
      call agent outer ok 1000+40 in outer#1
    busy ok 0+100 run=b
      agent busy#0 suspended 10+10
      agent busy#1 ok 50+10
      call agent busy ok 0+100
      call agent busy suspended 10+10 in busy#0
      call agent busy ok 50+10 in busy#1
    `,
  )
})
