import fc from 'fast-check'
import { expect, test } from 'vitest'
import { execute, insert, rows, type Store } from '../store.ts'
import { later, span, spanRows, useStore } from '../testing.ts'
import { settleQuiet } from './settle.ts'
import { SettledRuns } from './settled-runs.ts'

const store = useStore()

const KINDS = ['flow', 'step', 'step', 'attempt', 'model', 'span'] as const

/** Up to 12 spans of any kind and parent, cycles included; names repeat, so that loops, tries and nested runs occur. */
const spansOf = (trace: string) =>
  fc
    .array(
      fc.record({
        kind: fc.constantFrom(...KINDS),
        name: fc.constantFrom('a', 'b', 'c'),
        parent: fc.integer({ min: -2, max: 11 }),
        at: fc.integer({ min: 0, max: 120_000 }),
        ms: fc.option(fc.integer({ min: 0, max: 60_000 }), { freq: 8 }),
        failed: fc.boolean(),
        tokens: fc.constantFrom(0, 0, 3, 5),
        declared: fc.constantFrom('', '', '', '', 'run-x'),
      }),
      { maxLength: 12 },
    )
    .map((nodes) =>
      nodes.flatMap(({ kind, name, parent, at, ms, failed, tokens, declared }, i) =>
        spanRows(
          trace,
          span(kind, name, at, ms, {
            span_id: `s${i}`,
            parent_span_id: parent < 0 ? '' : `s${parent}`.padEnd(8, '_'),
            status: ms === null ? 'running' : failed ? 'error' : 'ok',
            input_tokens: tokens,
            declared_run_id: declared,
          }),
        ),
      ),
    )

const FINAL_STATE = [
  'SELECT * EXCEPT (settled, trace_id, trace_ids, root_span_id, step_span_ids), hex(trace_id), hex(root_span_id), arraySort(arrayMap(t -> hex(t), trace_ids)), arrayMap(t -> hex(t), step_span_ids) FROM runs FINAL ORDER BY run_id',
  'SELECT hex(trace_id), hex(span_id), run_id, flow, input_tokens FROM spans FINAL ORDER BY trace_id, span_id',
  `SELECT * EXCEPT (settled, durations), finalizeAggregation(durations) AS quantiles FROM run_minutes FINAL
    ORDER BY ALL`,
  'SELECT * EXCEPT (settled, durations), finalizeAggregation(durations) AS quantiles FROM step_minutes FINAL ORDER BY ALL',
]

const state = (of: Store) => Promise.all(FINAL_STATE.map((query) => rows(of, query)))

async function clear(of: Store): Promise<void> {
  for (const table of [
    'spans',
    'runs',
    'run_minutes',
    'step_minutes',
    'unsettled_traces',
    'run_traces',
    'settling_traces',
    'settling_spans',
    'settling_passes',
    'settling_known',
  ]) {
    await execute(of, `TRUNCATE TABLE ${table}`)
  }
}

/** What a process knows that passes itself and others settled. */
const WAYS: [string, () => SettledRuns | undefined][] = [
  ['as if all had been settled before', () => undefined],
  ['with what is known of earlier passes', () => new SettledRuns()],
]

test.each(WAYS)(
  'in any order and any batches, %s, the end is as if all had come at once',
  {
    timeout: 120_000,
  },
  async (_, make) => {
    const batches = fc.tuple(spansOf('one'), spansOf('two'), fc.integer(), fc.integer({ min: 1, max: 4 }))
    await fc.assert(
      fc.asyncProperty(batches, async ([one, two, seed, parts]) => {
        const spans = [...one, ...two]
        await clear(store())
        await insert(store(), 'spans', spans)
        await settleQuiet(store(), { quietMs: 0, now: later() })
        const atOnce = await state(store())

        await clear(store())
        const known = make()
        // Some spans come twice; the order is a hash's.
        const sent = [...spans, ...spans.filter((_, i) => i % 5 === 0)]
        const order = sent
          .map((row, i) => ({ row, rank: Math.imul(i + 1, seed | 1) >>> 0 }))
          .sort((a, b) => a.rank - b.rank)
        for (let part = 0; part < parts; part++) {
          await insert(
            store(),
            'spans',
            order.filter((_, i) => i % parts === part).map(({ row }) => row),
          )
          await settleQuiet(store(), { quietMs: 0, now: later(), known })
        }
        expect(await state(store())).toEqual(atOnce)
        expect(await settleQuiet(store(), { quietMs: 0, now: later(), known })).toEqual({
          traces: 0,
          runs: 0,
          more: false,
        })
      }),
      { numRuns: 8, endOnFailure: true },
    )
  },
)
