import { expect, test } from 'vitest'
import { expectRuns, runsOf } from './testing.ts'

test('calls are the models, tools, agents, retrievers and embedders at any depth, with the step around each', () => {
  expectRuns(
    `
    flow f 0+100
      agent planner 1+90
        step plan 2+40
          span wrapper 3+30
            tool search 4+20 error
              retriever documents 5+10
                embedder embed 6+2 model=embed-3
          reranker rank 35+1
          prompt ask 36+1
          guardrail guard 37+1
          evaluator judge 38+1
        model chat 50+10 model=gpt-4
    `,
    `
    f ok 0+100
      plan#0 ok 2+40
      call agent planner ok 1+90
      call tool search error 4+20 in plan#0
      call retriever documents ok 5+10 in plan#0
      call embedder embed-3 ok 6+2 in plan#0
      call model gpt-4 ok 50+10
      embed-3: 1 call 2 ms
      gpt-4: 1 call 10 ms
    `,
  )
})

test('what only wraps calls of its own kind is none: a model around models, an embedder around embedders', () => {
  expectRuns(
    `
    flow f 0+100
      step s 0+99
        model generate 1+40 model=gpt
          model first 2+10 error model=gpt
          model second 20+10 model=gpt
        embedder batch 50+20
          embedder one 51+5 model=e
          embedder two 57+5 model=e
        model cached 71+10 model=gpt
          embedder key 72+5 model=e
        tool ask 82+10
          tool inner 83+5
    `,
    `
    f ok 0+100
      s#0 ok 0+99
      call model gpt error 2+10 in s#0
      call model gpt ok 20+10 in s#0
      call embedder e ok 51+5 in s#0
      call embedder e ok 57+5 in s#0
      call model gpt ok 71+10 in s#0
      call embedder e ok 72+5 in s#0
      call tool ask ok 82+10 in s#0
      call tool inner ok 83+5 in s#0
      e: 3 calls 15 ms
      gpt: 3 calls 1 failed 30 ms
    `,
  )
})

test('a call of a model or embedder is named after the model, others after their label', () => {
  expectRuns(
    `
    flow f 0+100
      step s 0+90
        model chat 1+9 model=gpt-4
        model unknown 11+9
        tool send_email 21+9 model=gpt-4
    `,
    `
    f ok 0+100
      s#0 ok 0+90
      call model gpt-4 ok 1+9 in s#0
      call model unknown ok 11+9 in s#0
      call tool send_email ok 21+9 in s#0
      gpt-4: 1 call 9 ms
    `,
  )
})

test('a step around a tool changes nothing that is said about the tool', () => {
  expectRuns(
    `
    flow f 0+100
      tool send 10+5 error
      tool send 20+5
    `,
    `
    f ok 0+100
      tool send#0 ok 10+15 x2
      call tool send error 10+5 in send#0
      call tool send ok 20+5 in send#0
    `,
  )
  expectRuns(
    `
    flow f 0+100
      step notify 5+50
        tool send 10+5 error
        tool send 20+5
    `,
    `
    f ok 0+100
      notify#0 ok 5+50
      call tool send error 10+5 in notify#0
      call tool send ok 20+5 in notify#0
    `,
  )
})

test('a root that is a model or an agent is a call as well, around no step', () => {
  expectRuns(
    `
    agent helper 0+100
      tool t 1+5
    `,
    `
    helper ok 0+100
      tool t#0 ok 1+5
      call agent helper ok 0+100
      call tool t ok 1+5 in t#0
    `,
  )
})

test('calls of a nested run are its own', () => {
  expectRuns(
    `
    flow outer 0+100
      tool delegate 10+50
        flow inner 20+30 #i
          tool t 25+5
    `,
    `
    outer ok 0+100
      tool delegate#0 ok 10+50
      call tool delegate ok 10+50 in delegate#0
    inner ok 20+30 run=t-i parent=t
      tool t#0 ok 5+5
      call tool t ok 5+5 in t#0
    `,
  )
})

test('steps and calls are by start, also of a run over several traces; steps say their span', () => {
  const [run] = runsOf(`
    flow f 20+5 run=x @b
      tool second 21+1 #t2
    flow f 0+5 run=x @a
      tool first 1+1 #t1
    `)
  expect(run!.calls.map(({ name, startNs }) => [name, startNs])).toEqual([
    ['first', 1e6],
    ['second', 21e6],
  ])
  expect(run!.steps.map(({ span }) => `${span.traceId}/${span.spanId}`)).toEqual(['a/t1', 'b/t2'])
})

test('a step says the span of its last try', () => {
  const [run] = runsOf(`
    flow f 0+100
      step s 0+5 error #first
      step s 10+5 #second
    `)
  expect(run!.steps.map(({ span }) => span.spanId)).toEqual(['second'])
})

test('a call that has not ended is running', () => {
  expectRuns(
    `
    flow f 0+?
      step s 1+?
        tool t 2+?
    `,
    `
    f running? 0+2
      s#0 running 1+0
      call tool t running 2+0 in s#0
    `,
  )
})
