import fc from 'fast-check'
import { expect, test } from 'vitest'
import { placeSpans } from '../run-model/place-spans.ts'
import type { SpanFacts } from '../run-model/span-facts.ts'
import { type SpanNode, type SpanTree, toSpanTree } from './span-tree.ts'

const BLANK: SpanFacts = {
  ...{ traceId: 't', spanId: '', parentSpanId: '', isParentRemote: undefined, isServer: false },
  ...{ name: '', kind: 'span', flow: '', runId: '', parentRunId: '', status: 'ok', startNs: 0n, endNs: 1n },
  ...{ service: '', environment: '', version: '', sessionId: '', userId: '' },
  ...{
    experimentId: '',
    caseId: '',
    trial: 0,
    stepIndex: -1,
    stepAttempts: 0,
    stepFallback: false,
    stepRole: '' as const,
    declaredSteps: 0,
  },
  ...{ isCostEstimated: false, isCostUnknown: false },
  ...{ model: '', provider: '', inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0 },
  ...{ cost: 0, errorType: '', errorMessage: '', metadata: '', receivedMs: 0 },
}

/** A span that starts at `at` ns and ends 10 ns later, named by its id. */
function span(spanId: string, parentSpanId: string, at: number, more: Partial<SpanFacts> = {}): SpanFacts {
  const [startNs, endNs] = [BigInt(at), BigInt(at + 10)]
  return { ...BLANK, spanId, parentSpanId, name: spanId, startNs, endNs, ...more }
}

const ALL = { runId: 't', limit: 10_000 }

function treeOf(spans: readonly SpanFacts[], asked: Parameters<typeof toSpanTree>[2] = ALL): SpanTree {
  return toSpanTree(placeSpans(spans), 0n, asked)
}
const draw = ({ spans }: SpanTree) => spans.map((node) => `${'-'.repeat(node.depth)}${node.name}`)

test('depth first, siblings by start', () => {
  const spans = [span('b', 'root', 2), span('root', '', 0), span('a', 'root', 1), span('c', 'a', 3)]
  expect(draw(treeOf(spans))).toEqual(['root', '-a', '--c', '-b'])
})

test('spans of other runs show only below the run', () => {
  const spans = [
    span('http', '', 0, { runId: 'outer' }),
    span('flow', 'http', 1, { kind: 'flow', runId: 'mine' }),
    span('nested', 'flow', 2, { kind: 'flow', runId: 'inner' }),
    span('again', 'nested', 3, { runId: 'mine' }),
    span('x', 'http', 4, { runId: 'outer' }),
  ]
  const tree = treeOf(spans, { ...ALL, runId: 'mine' })
  expect(draw(tree)).toEqual(['flow', '-nested', '--again'])
  expect(tree).toMatchObject({ own: { spans: 2 }, tree: { spans: 3 } })
})

test('a missing parent makes a top; cycles and self parents end', () => {
  const spans = [span('a', 'gone', 1), span('self', 'self', 2), span('x', 'y', 3), span('y', 'x', 4)]
  expect(draw(treeOf(spans))).toEqual(['a', 'self', 'x', 'y'])
})

test('spans of several traces with one id stay apart', () => {
  const declared = { runId: 'job' }
  const spans = [
    span('s', '', 0, declared),
    span('below', 's', 1),
    span('s', '', 5, { ...declared, traceId: 'u' }),
    span('there', 's', 6, { traceId: 'u' }),
  ]
  const asked = { runId: 'job', limit: 10_000 }
  expect(draw(treeOf(spans, asked))).toEqual(['s', '-below', 's', '-there'])
  const wanted = { traceId: 'u', spanId: 's' }
  const cut = treeOf(spans, { runId: 'job', limit: 1, wanted })
  expect(cut.spans.map(({ traceId, spanId }) => [traceId, spanId])).toEqual([
    ['t', 's'],
    ['u', 's'],
  ])
})

test('usage is shown where it counts', () => {
  const spans = [
    span('agent', '', 0, { inputTokens: 10, cost: 1 }),
    span('model', 'agent', 1, { inputTokens: 10, outputTokens: 2 }),
  ]
  expect(treeOf(spans).spans).toMatchObject([
    { inputTokens: 0, outputTokens: 0, cost: 1 },
    { inputTokens: 10, outputTokens: 2, cost: 0 },
  ])
})

test('a long message is cut', () => {
  const [node] = treeOf([span('s', '', 0, { errorMessage: 'x'.repeat(501) })]).spans
  expect(node?.errorMessage).toBe(`${'x'.repeat(499)}…`)
})

/** Trees of 30 spans in any shape: spans with error anywhere, nested runs, and another run beside the first. */
const forests = fc
  .array(fc.record({ above: fc.nat(), error: fc.nat(5), nested: fc.nat(7) }), {
    minLength: 29,
    maxLength: 29,
  })
  .map((shape) => [
    span('n0', '', 0, { kind: 'flow' }),
    ...shape.map(({ above, error, nested }, i) =>
      span(`n${i + 1}`, `n${above % (i + 1)}`, i + 1, {
        kind: nested === 0 ? 'flow' : 'step',
        status: error === 0 ? 'error' : 'ok',
      }),
    ),
    span('beside', '', 5, { kind: 'flow' }),
    span('failed', 'beside', 6, { status: 'error' }),
  ])

/** Each span with the way down to it. */
function paths({ spans }: SpanTree): Map<string, string[]> {
  const path: SpanNode[] = []
  return new Map(
    spans.map((node) => {
      path.length = node.depth
      path.push(node)
      return [node.spanId, path.map(({ spanId }) => spanId)]
    }),
  )
}

test('however few spans are shown, all are counted, and those with error stand where they belong', () => {
  fc.assert(
    fc.property(forests, fc.constantFrom(1, 2, 12), (spans, limit) => {
      const whole = treeOf(spans)
      const all = paths(whole)
      const failed = whole.spans.filter(({ status }) => status === 'error')
      expect(whole.tree).toEqual({ spans: all.size, errors: failed.length })
      expect(whole.own.spans).toBe(whole.spans.filter(({ runId }) => runId === 't').length)
      const cut = treeOf(spans, { ...ALL, limit })
      expect(cut).toMatchObject({ tree: whole.tree, own: whole.own })
      const shown = paths(cut)
      for (const { spanId } of failed) expect(shown.get(spanId)).toEqual(all.get(spanId))
    }),
  )
})

test('a span that is asked for is shown wherever it is, with those around it', () => {
  fc.assert(
    fc.property(forests, fc.nat(), (spans, nth) => {
      const whole = treeOf(spans)
      const { spanId } = whole.spans[nth % whole.spans.length]!
      const cut = treeOf(spans, { ...ALL, limit: 2, wanted: { spanId } })
      expect(paths(cut).get(spanId)).toEqual(paths(whole).get(spanId))
    }),
  )
  const [first] = fc.sample(forests, 1)
  expect(treeOf(first!, { ...ALL, limit: 2, wanted: { spanId: 'gone' } }).tree).toEqual(treeOf(first!).tree)
})

test('a chain as deep as a trace is long has its last error at the nearest span that is shown', () => {
  const chain = Array.from({ length: 20_000 }, (_, i) => span(`${i}`, i === 0 ? '' : `${i - 1}`, i))
  const spans = [...chain.slice(0, -1), { ...chain.at(-1)!, status: 'error' }]
  const { spans: shown, tree } = treeOf(spans, { ...ALL, limit: 10 })
  expect(tree).toEqual({ spans: 20_000, errors: 1 })
  expect(shown).toHaveLength(61)
  expect(shown.at(-1)).toMatchObject({ name: '19999', depth: 60 })
})
