import { expect, test } from 'vitest'
import { expectSteps, runsOf } from './testing.ts'

test('steps are spans of kind step at any depth', () => {
  expectSteps(
    `
    flow f 0+100
      agent a 0+50
        step plan 1+40
          tool t 2+9
            step inner 3+5
      step write 60+30
    `,
    `
    f ok 0+100
      plan#0 ok 1+40
        inner#0 ok 3+5
      write#0 ok 60+30
    `,
  )
})

test('without a step, the direct children of the root are the steps, whatever their kind', () => {
  expectSteps(
    `
    flow f 0+100
      model chat 0+50
        tool t 1+2
      tool u 60+1
      span log 70+1
    `,
    `
    f ok 0+100
      model chat#0 ok 0+50
      tool u#0 ok 60+1
      span log#0 ok 70+1
    `,
  )
})

test('a part of the run is no step of it, and what is below it is one as what is below the root', () => {
  expectSteps(
    `
    flow f 0+10 run=r suspended
      span before 1+2
      flow f 50+10 run=r
        span after 51+2
    `,
    `
    f ok 0+20 run=r
      span before#0 ok 1+2
      span after#0 ok 51+2
    `,
  )
})

test('without a flow, the root names the run and its children are the steps', () => {
  expectSteps(
    `
    span GET / 0+100
      span query 0+50 error
        span net 1+2
    `,
    `
    GET / ok 0+100
      span query#0 error 0+50
    `,
  )
})

test('a root of kind step is the run and no step of it', () => {
  expectSteps(
    `
    step chain 0+100
      step a 1+5
      model m 10+5
    `,
    `
    chain ok 0+100
      a#0 ok 1+5
    `,
  )
  expectSteps(
    `
    step alone 0+100
      model m 10+5
    `,
    `
    alone ok 0+100
      model m#0 ok 10+5
    `,
  )
})

test('without a root, what hangs in the air are the steps', () => {
  expectSteps(
    `
    span root 0+100 lost
      span x 5+20
        span y 6+2
      tool z 40+10
    `,
    `
    running? 5+45
      span x#0 ok 0+20
      tool z#0 ok 35+10
    `,
  )
})

test('a lone wrapper with the name of the run is looked through, however often', () => {
  expectSteps(
    `
    flow menu 0+100
      span menu 1+98
        agent menu 2+96
          model a 3+10
          tool b 20+10
    `,
    `
    menu ok 0+100
      model a#0 ok 3+10
      tool b#0 ok 20+10
    `,
  )
})

test('what looks like a wrapper but is not', () => {
  expectSteps(
    `
    flow menu 0+100
      span menu 1+50
        model a 3+10
      span other 60+10
    `,
    `
    menu ok 0+100
      span menu#0 ok 1+50
      span other#0 ok 60+10
    `,
  )
  expectSteps(
    `
    flow menu 0+100
      span menu 1+50
    `,
    `
    menu ok 0+100
      span menu#0 ok 1+50
    `,
  )
  expectSteps(
    `
    flow menu 0+100
      span cook 1+50
        model a 3+10
    `,
    `
    menu ok 0+100
      span cook#0 ok 1+50
    `,
  )
})

test('steps of nested runs are not those of the run around them', () => {
  expectSteps(
    `
    flow outer 0+100
      step call 10+50
        flow inner 20+30 #inner
          step deep 21+5
      step z 70+5
    `,
    `
    outer ok 0+100
      call#0 ok 10+50
      z#0 ok 70+5
    inner ok 20+30 run=t-inner parent=t
      deep#0 ok 1+5
    `,
  )
  expectSteps(
    `
    flow outer 0+100
      flow inner 20+30 #inner
        step deep 21+5
      tool z 70+5
    `,
    `
    outer ok 0+100
      tool z#0 ok 70+5
    inner ok 20+30 run=t-inner parent=t
      deep#0 ok 1+5
    `,
  )
})

test('what is beside the flow in its trace is no step, unless it says so', () => {
  expectSteps(
    `
    span POST / 0+100 server
      span auth 1+2
      flow f 10+50
        tool t 11+5
      span log 90+1
    `,
    `
    f ok 10+50
      tool t#0 ok 1+5
    `,
  )
  expectSteps(
    `
    span POST / 0+100
      step auth 1+2
      flow f 10+50
        tool t 11+5
    `,
    `
    f ok 10+50
      auth#0 ok -9+2 ±9
    `,
  )
})

test('loops repeat the label; occurrences are counted by start', () => {
  expectSteps(
    `
    flow f 0+100
      step search 10+5
      step write 12+1
      step search 0+5
    `,
    `
    f ok 0+100
      search#0 ok 0+5
      search#1 ok 10+5
      write#0 ok 12+1
    `,
  )
})

test('declared occurrences are kept', () => {
  expectSteps(
    `
    flow f 0+100
      step write 20+5 index=1
      step write 30+5 index=0
    `,
    `
    f ok 0+100
      write#1 ok 20+5
      write#0 ok 30+5
    `,
  )
})

test('a step has the usage of all below it, but for enclosed steps and nested runs', () => {
  expectSteps(
    `
    flow f 0+100
      step plan 1+40 in=20 out=7
        agent a 2+30
          model m 3+9 in=10 out=3 cost=0.5
        step inner 15+5
          model m 16+2 in=10 out=4
        flow g 20+5 #g
          model m 21+2 in=100
      model m 60+5 in=5
    `,
    `
    f ok 0+100 in=25 out=7 cost=0.5
      plan#0 ok 1+40 in=10 out=3 cost=0.5
        inner#0 ok 15+5 in=10 out=4
    g ok 20+5 in=100 run=t-g parent=t
      model m#0 ok 1+2 in=100
    `,
  )
})

test('a run says how many steps it had: those that did not arrive are counted as lost', () => {
  const lost = (picture: string) => runsOf(picture).map(({ lostSteps }) => lostSteps)
  expect(
    lost(`
    flow f 0+100 declared=4
      step a 0+10
      step b 10+10
        step c 11+1
    `),
  ).toEqual([1])
  expect(lost('flow f 0+100 declared=0')).toEqual([0])
  // Attempts are no executions, and a nested run counts its own.
  expect(
    lost(`
    flow f 0+100 declared=1
      step a 0+50
        attempt a 0+10 error
        attempt a 20+10
        flow g 21+5 declared=3
          step x 22+1
    `),
  ).toEqual([0, 2])
  // Of a run in several parts, the part that counted most; whoever counts less has had help.
  expect(
    lost(`
    flow f 0+10 @a suspended declared=1
      step a 1+1
    flow f 100+10 @b run=a declared=2
      step b 101+1
      step c 102+1
    `),
  ).toEqual([0])
})
