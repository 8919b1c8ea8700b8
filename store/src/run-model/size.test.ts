import { expect, test } from 'vitest'
import { assembleRuns } from './assemble-runs.ts'
import type { SpanFacts } from './span-facts.ts'
import { SPAN } from './testing.ts'

/** Far more than a call stack holds, and than anything quadratic bears. */
const MANY = 50_000

/** Many spans of one trace, from what differs in each; the first is the root. */
function manySpans(changes: (index: number) => Partial<SpanFacts>): SpanFacts[] {
  return Array.from({ length: MANY }, (_, index) => ({
    ...SPAN,
    spanId: `s${index}`,
    startNs: SPAN.startNs + BigInt(index),
    endNs: SPAN.startNs + BigInt(index),
    ...changes(index),
  }))
}

const below = (index: number) => (index < 0 ? '' : `s${index}`)

test('a chain of spans, each below the one before', () => {
  const chain = manySpans((index) => ({
    parentSpanId: below(index - 1),
    kind: 'step',
    name: 'deeper',
    inputTokens: 1,
  }))
  const [run, ...others] = assembleRuns(chain, 0)
  expect(others).toEqual([])
  expect(run).toMatchObject({ spanCount: MANY, inputTokens: 1, flow: 'deeper' })
  expect(run!.steps).toHaveLength(MANY - 1)
  expect(run!.steps.at(-1)!.parent).toBe(MANY - 3)
})

test('a chain of flows, each a run below the one before', () => {
  const runs = assembleRuns(
    manySpans((index) => ({ parentSpanId: below(index - 1), kind: 'flow', name: 'f' })),
    0,
  )
  expect(runs).toHaveLength(MANY)
  expect(runs.at(-1)).toMatchObject({ runId: `t-s${MANY - 1}`, parentRunId: `t-s${MANY - 2}`, spanCount: 1 })
})

test('a chain of lone wrappers with the name of the run', () => {
  const [run] = assembleRuns(
    manySpans((index) => ({ parentSpanId: below(index - 1), name: index < MANY - 1 ? 'f' : 'last' })),
    0,
  )
  expect(run!.steps.map(({ name }) => name)).toEqual(['last'])
})

test('one cycle of parents', () => {
  const [run] = assembleRuns(
    manySpans((index) => ({ parentSpanId: below((index + 1) % MANY), kind: 'step' })),
    0,
  )
  expect(run).toMatchObject({ spanCount: MANY, root: undefined })
})

test('many spans below one that is above itself', () => {
  const [run] = assembleRuns(
    manySpans(() => ({ parentSpanId: 's0', kind: 'tool' })),
    0,
  )
  expect(run).toMatchObject({ spanCount: MANY, root: undefined })
  expect(run!.calls).toHaveLength(MANY)
})

test('a step that failed many times', () => {
  const [run] = assembleRuns(
    manySpans((index) => ({
      parentSpanId: index === 0 ? '' : 's0',
      kind: index === 0 ? 'flow' : 'step',
      name: 'again',
      status: index === MANY - 1 ? 'ok' : 'error',
    })),
    0,
  )
  expect(run!.steps).toMatchObject([{ name: 'again', status: 'ok', attempts: MANY - 1 }])
})

test('a root with many steps, models and tools below it', () => {
  const KINDS = ['step', 'model', 'tool']
  const [run] = assembleRuns(
    manySpans((index) => ({
      parentSpanId: index === 0 ? '' : index % 3 === 1 ? 's0' : `s${index - ((index - 1) % 3)}`,
      kind: index === 0 ? 'flow' : KINDS[(index - 1) % 3]!,
      name: `n${index % 1000}`,
      model: index % 3 === 2 ? 'gpt' : '',
      inputTokens: index % 3 === 2 ? 1 : 0,
    })),
    0,
  )
  const third = Math.ceil((MANY - 1) / 3)
  expect(run!.steps).toHaveLength(third)
  expect(run!.calls).toHaveLength(MANY - 1 - third)
  expect(run!.models).toMatchObject([
    { model: 'gpt', calls: run!.inputTokens, inputTokens: run!.inputTokens },
  ])
})

test('many runs in as many traces', () => {
  const runs = assembleRuns(
    manySpans((index) => ({ traceId: `t${index}`, kind: 'flow' })),
    0,
  )
  expect(runs).toHaveLength(MANY)
})

test('chains of one name in a chain of that name', () => {
  const chains = manySpans((index) => ({
    parentSpanId: index === 0 ? '' : 's0',
    kind: 'step',
    stepRole: 'chain',
    name: 'again',
  }))
  expect(assembleRuns(chains, 0)[0]!.steps).toHaveLength(MANY - 1)
})

test('chains, each in the one before, and wrappers likewise', () => {
  const nested = (stepRole: 'chain' | 'wrapper') =>
    manySpans((index) => ({ parentSpanId: below(index - 1), kind: 'step', name: `s${index}`, stepRole }))
  expect(assembleRuns(nested('chain'), 0)[0]!.steps).toHaveLength(MANY - 1)
  expect(assembleRuns(nested('wrapper'), 0)[0]!.steps.map(({ name }) => name)).toEqual([`s${MANY - 1}`])
})

test('a wrapper around many', () => {
  const wide = manySpans((index) => ({
    parentSpanId: index === 0 ? '' : index === 1 ? 's0' : 's1',
    stepRole: index === 1 ? 'wrapper' : '',
  }))
  expect(assembleRuns(wide, 0)[0]!.steps).toHaveLength(MANY - 2)
})

test('a flow that was resumed very often', () => {
  const parts = manySpans((index) => ({
    parentSpanId: below(index - 1),
    kind: 'flow',
    name: 'f',
    runId: 'r',
  }))
  expect(assembleRuns(parts, 0)).toMatchObject([{ runId: 'r', spanCount: MANY, durationNs: MANY - 1 }])
})
