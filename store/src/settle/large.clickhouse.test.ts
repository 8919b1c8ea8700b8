import { expect, test } from 'vitest'
import { getRunPage } from '../pages/run.ts'
import { insert, rows } from '../store.ts'
import { hex, later, span, spanRows, useStore } from '../testing.ts'
import { settleQuiet } from './settle.ts'

const store = useStore()
const SPANS = 5_000

test('a chain of 5,000 spans: the last one still knows its run and step, and the page shows it', async () => {
  const id = (i: number) => `c${i}`.padEnd(8, '_')
  const chain = Array.from({ length: SPANS }, (_, i) =>
    spanRows(
      'deep',
      span(i === 0 ? 'flow' : i === 1 || i === SPANS - 1 ? 'step' : 'span', `n${i}`, 0, 10, {
        span_id: id(i),
        parent_span_id: i === 0 ? '' : id(i - 1),
      }),
    ),
  ).flat()
  await insert(store(), 'spans', chain)
  await settleQuiet(store(), { quietMs: 0, now: later() })
  const query = `SELECT span_count, step_names, step_parents FROM runs FINAL WHERE run_id = {run:String}`
  expect(await rows(store(), query, { run: hex('deep') })).toEqual([
    { span_count: SPANS, step_names: ['n1', `n${SPANS - 1}`], step_parents: [-1, 0] },
  ])
  const page = await getRunPage(store(), { runId: hex('deep') })
  expect(page?.spans.at(-1)).toMatchObject({ name: `n${SPANS - 1}`, depth: SPANS - 1 })
})
