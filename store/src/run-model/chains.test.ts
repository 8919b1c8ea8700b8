import { test } from 'vitest'
import { expectRuns, expectSteps } from './testing.ts'

// Frameworks that nobody tells what a step is: LangChain, LangSmith, Langfuse, Traceloop, the OpenAI Agents SDK, Mastra.

test('the links of a chain are its steps whatever their kind, and so are chains at any depth with what stands beside them', () => {
  expectSteps(
    `
    step rag 0+100 chain
      step parallel 0+20 chain
        retriever docs 1+9
          span query 2+5
        step pass 11+5 chain
        span GET / 12+1
      prompt ask 20+5
      step call 30+40 chain
        model gpt 31+30
      step parse 80+5 chain
    `,
    `
    rag ok 0+100
      parallel#0 ok 0+20
        retriever docs#0 ok 1+9
        pass#0 ok 11+5
      prompt ask#0 ok 20+5
      call#0 ok 30+40
      parse#0 ok 80+5
    `,
  )
})

test('what an agent calls stands beside no chain', () => {
  expectSteps(
    `
    flow w 0+100
      agent planner 0+90 chain
        step joke 1+40 chain
        tool lookup 50+5
    `,
    `
    w ok 0+100
      agent planner#0 ok 0+90
        joke#0 ok 1+40
    `,
  )
})

test('chains are no steps where steps are declared, nor outside of what the root is around', () => {
  expectSteps(
    `
    flow f 0+100
      step plan 0+50
        step sequence 1+40 chain
          prompt ask 2+1
      step write 60+10
    `,
    `
    f ok 0+100
      plan#0 ok 0+50
      write#0 ok 60+10
    `,
  )
  expectSteps(
    `
    span POST / 0+100 server
      step auth 1+2 chain
      flow f 10+50
        tool t 11+5
    `,
    `
    f ok 10+50
      tool t#0 ok 1+5
    `,
  )
})

test('the only chain in a chain of its name is that chain once more; several are its tries', () => {
  expectSteps(
    `
    step report 0+100 chain
      step research 0+50 chain
        step research 1+40 chain
          step search 2+10 chain
      step flaky 60+30 chain
        step flaky 60+5 chain error
        step flaky 70+5 chain
    `,
    `
    report ok 0+100
      research#0 ok 0+50
        search#0 ok 2+10
      flaky#0 ok 60+30
        flaky#1 ok 60+15 x2
    `,
  )
})

test('what is below a wrapper stands in its place, however deep; what is never a step does not', () => {
  expectSteps(
    `
    agent clerk 0+100
      model generation 0+90 wrapper
        step round 1+40 wrapper
          model gpt 2+10
            span chunk 3+1 none
          tool send 20+5
        step round 50+30 wrapper
          model gpt 51+10
      span log 95+1 none
      step empty 97+1 wrapper
    `,
    `
    clerk ok 0+100
      model gpt#0 ok 2+10
      tool send#0 ok 20+5
      model gpt#1 ok 51+10
      empty#0 ok 97+1
    `,
  )
})

test('an inner step is one right below the root only', () => {
  expectSteps(
    `
    agent clerk 0+100
      step round 1 1+40 inner
        tool send 20+5
      step round 2 50+40 inner
    `,
    `
    clerk ok 0+100
      round 1#0 ok 1+40
      round 2#0 ok 50+40
    `,
  )
  expectSteps(
    `
    span request 0+100
      agent plan 0+50
        step round 1 1+40 inner
      agent write 60+30
        step round 1 61+20 inner
    `,
    `
    request ok 0+100
      agent plan#0 ok 0+50
      agent write#0 ok 60+30
    `,
  )
})

test('a step and the first one in it may have one start: the outer one is first', () => {
  expectSteps(
    `
    flow f 0+100
      step outer 10+50 #z
        step inner 10+20 #a
    `,
    `
    f ok 0+100
      outer#0 ok 10+50
        inner#0 ok 10+20
    `,
  )
})

test('a root that only wraps agents has the error of the last of them', () => {
  const agents = (first: string, last: string) => `
    agent workflow 0+100
      step workflow 0+95 wrapper
        agent triage 1+20 chain ${first}
        agent billing 30+50 chain ${last}
          step turn 31+40 wrapper
            tool pay 32+5 chain error
    `
  expectSteps(
    agents('', 'error'),
    `
    workflow error 0+100
      agent triage#0 ok 1+20
      agent billing#0 error 30+50
        tool pay#0 error 32+5
    `,
  )
  expectSteps(
    agents('error', ''),
    `
    workflow ok 0+100
      agent triage#0 error 1+20
      agent billing#0 ok 30+50
        tool pay#0 error 32+5
    `,
  )
})

test('a run whose chain waits for a person is suspended; what a flow waited for in a call of its own is its affair', () => {
  expectSteps(
    `
    step graph 0+100 chain
      step ask 1+20 chain suspended
    `,
    `
    graph suspended 0+100
      ask#0 suspended 1+20
    `,
  )
  expectSteps(
    `
    flow f 0+100
      span generate 1+20 suspended
    `,
    `
    f ok 0+100
      span generate#0 suspended 1+20
    `,
  )
})

test('a run that was resumed goes on below its root, which had ended', () => {
  expectRuns(
    `
    flow pay 0+50 suspended run=r
      step approve 1+40 suspended
      flow pay 1000+50 run=r
        step approve 1001+5
        step send 1010+30
    `,
    `
    pay ok 0+100 run=r
      approve#0 suspended 1+40
      approve#1 ok 1001+5
      send#0 ok 1010+30
    `,
  )
  expectSteps(
    `
    agent admin 0+50 suspended
      model generation 1+45 wrapper
        model gpt 1+40
        agent admin 60+40
          tool pay 61+5
    `,
    `
    admin ok 0+90
      model gpt#0 ok 1+40
      agent admin#0 ok 60+40
    `,
  )
})
