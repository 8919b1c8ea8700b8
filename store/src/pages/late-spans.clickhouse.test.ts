import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { settleQuiet } from '../settle/settle.ts'
import { insert } from '../store.ts'
import { hex, later, span, spanRows, type TestSpan, useStore } from '../testing.ts'
import { getRunPage, type RunPage } from './run.ts'
import type { SpanNode } from './span-tree.ts'

const store = useStore()

/** Trees of 30 spans in any shape: spans with error anywhere, nested runs, and another run beside the first. */
const shapes = fc.sample(
  fc.array(fc.record({ above: fc.nat(), error: fc.nat(5), nested: fc.nat(7) }), {
    minLength: 29,
    maxLength: 29,
  }),
  { numRuns: 4, seed: 7 },
)

type Growing = TestSpan & { children: TestSpan[] }

beforeAll(async () => {
  const spans = shapes.flatMap((shape, nth) => {
    const made: Growing[] = [{ ...span('flow', 'n0', 0, 100), children: [] }]
    shape.forEach(({ above, error, nested }, i) => {
      const kind = nested === 0 ? 'flow' : 'step'
      const status = error === 0 ? 'error' : 'ok'
      const next: Growing = { ...span(kind, `n${i + 1}`, i + 1, 100, { status }), children: [] }
      made[above % made.length]!.children.push(next)
      made.push(next)
    })
    return spanRows(
      `t${nth}`,
      made[0]!,
      span('flow', 'beside', 5, 10, span('step', 'x', 6, 1, { status: 'error' })),
    )
  })
  await insert(store(), 'spans', spans)
  await settleQuiet(store(), { quietMs: 0, now: later() })
})

/** Each span with the way down to it. */
function paths(page: RunPage): Map<string, SpanNode[]> {
  const path: SpanNode[] = []
  return new Map(
    page.spans.map((node) => {
      path.length = node.depth
      path.push(node)
      return [node.spanId, [...path]]
    }),
  )
}
const names = (path: readonly SpanNode[] | undefined) => path?.map(({ name }) => name)

test('however few spans are returned, all are counted, and those with error stand where they belong', async () => {
  for (const nth of shapes.keys()) {
    const runId = hex(`t${nth}`)
    const whole = (await getRunPage(store(), { runId }))!
    const all = paths(whole)
    const failed = whole.spans.filter(({ status }) => status === 'error')
    expect(whole.tree).toEqual({ spans: all.size, errors: failed.length })
    expect(whole.own).toEqual({ spans: whole.run.spanCount, errors: whole.run.errorCount })
    for (const spanLimit of [1, 12]) {
      const cut = (await getRunPage(store(), { runId, spanLimit }))!
      expect(cut).toMatchObject({ tree: whole.tree, own: whole.own })
      const shown = paths(cut)
      for (const { spanId } of failed) expect(names(shown.get(spanId))).toEqual(names(all.get(spanId)))
      const shownErrors = cut.spans.filter(({ status }) => status === 'error')
      expect(shownErrors).toHaveLength(failed.length)
    }
  }
})

test('a span that is asked for is returned wherever it is, with those around it', async () => {
  const whole = (await getRunPage(store(), { runId: hex('t0') }))!
  const all = paths(whole)
  for (const { spanId } of whole.spans.filter((_, i) => i % 5 === 4)) {
    const cut = (await getRunPage(store(), { runId: hex('t0'), spanLimit: 2, spanId }))!
    expect(names(paths(cut).get(spanId))).toEqual(names(all.get(spanId)))
  }
  const nothing = await getRunPage(store(), { runId: hex('t0'), spanLimit: 2, spanId: 'ff'.repeat(8) })
  expect(nothing?.tree).toEqual(whole.tree)
})
