import { test } from 'vitest'
import { expectSteps } from './testing.ts'

test('a run without its root is incomplete, and starts with what is there', () => {
  expectSteps(
    `
    flow f 0+100 lost
      step a 5+20
        step b 6+2
    `,
    `
    running? 5+20
      a#0 ok 0+20
        b#0 ok 1+2
    `,
  )
})

test('a root that comes late names the run and gives it its start', () => {
  const late = (root: string) => `
    flow real 0+70000 ${root}
      step s 61000+10 flow=guess
    `
  expectSteps(
    late('lost'),
    `
    guess running? 61000+10
      s#0 ok 0+10
    `,
  )
  expectSteps(
    late(''),
    `
    real ok 0+70000
      s#0 ok 61000+10
    `,
  )
})

test('a span whose parent is in another process is an entry', () => {
  expectSteps(
    `
    span GET /far 0+100 lost
      span GET / 5+20 remote
        span query 6+2
    `,
    `
    GET / ok 5+20
      span query#0 ok 1+2
    `,
  )
})

test('a server span is an entry where its client does not say that its parent is in this process', () => {
  const served = (option: string) => `
    span GET /far 0+100 lost
      span GET / 5+20 server ${option}
        span query 6+2
    `
  const entry = `
    GET / ok 5+20
      span query#0 ok 1+2
    `
  expectSteps(served(''), entry)
  expectSteps(served('remote'), entry)
  expectSteps(
    served('local'),
    `
    running? 5+20
      span GET /#0 ok 0+20
    `,
  )
})

test('a server span whose parent came is no entry', () => {
  expectSteps(
    `
    span GET /far 0+100
      span GET / 5+20 server remote
    `,
    `
    GET /far ok 0+100
      span GET /#0 ok 5+20
    `,
  )
})

test('a flow below a lost parent is the root all the same', () => {
  expectSteps(
    `
    span POST / 0+100 lost
      flow f 5+20
        step s 6+2
    `,
    `
    f ok 5+20
      s#0 ok 1+2
    `,
  )
})

test('a flow speaks for its run even where an entry or a root without one begins earlier', () => {
  expectSteps(
    `
    span POST / 0+100
      flow f 5+20
        step s 6+2
    `,
    `
    f ok 5+20
      s#0 ok 1+2
    `,
  )
})
