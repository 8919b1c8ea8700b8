import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readNative } from '../native/read-native.ts'
import { blockOf } from '../native/testing.ts'
import { FACT_COLUMNS } from '../run-model/read-facts.ts'
import { groupTraces } from './shared-runs.ts'
import { StoredSpans } from './stored-spans.ts'

const TYPES: Readonly<Record<string, string>> = {
  trace_id: 'FixedString(16)',
  span_id: 'FixedString(8)',
  start: "DateTime64(9, 'UTC')",
  end: "DateTime64(9, 'UTC')",
  received: "DateTime64(3, 'UTC')",
}

interface Span {
  readonly trace: number
  readonly id: number
  readonly kind: string
  /** The run that it declares. */
  readonly run: string
}

const traceId = (trace: number) => String(trace).padStart(32, '0')

/** The spans as two answers of several blocks each. */
function storedSpans(spans: readonly Span[], blocks: number): StoredSpans {
  const stored = new StoredSpans()
  for (let nth = 0; nth < blocks; nth++) {
    const some = spans.filter((_span, at) => at % blocks === nth)
    const columns = FACT_COLUMNS.map((name) => {
      const type = TYPES[name] ?? 'String'
      const value = ({ trace, id, kind, run }: Span) => {
        const said: Record<string, string> = {
          trace_id: traceId(trace),
          span_id: String(id).padStart(16, '0'),
          kind,
          declared_run_id: run,
        }
        return said[name] ?? (type.startsWith('DateTime') ? BigInt(id) : '')
      }
      return { name, type, values: some.map(value) }
    })
    for (const block of readNative(blockOf(columns))) {
      const add = stored.open(block)
      for (let row = 0; row < block.rows; row++) add(row)
    }
  }
  return stored
}

const span = fc.record({
  trace: fc.nat({ max: 9 }),
  id: fc.nat({ max: 3 }),
  kind: fc.constantFrom('flow', 'span'),
  run: fc.oneof(
    { weight: 8, arbitrary: fc.constant('') },
    fc.constantFrom('a', 'b'),
    fc.nat({ max: 9 }).map(traceId),
    fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 3 })).map(([trace, id]) => {
      return `${traceId(trace)}-${String(id).padStart(16, '0')}`
    }),
  ),
})

/** What another trace may declare of a span's run, and what it declares. */
const idsOf = ({ trace, id, kind, run }: Span): string[] => {
  if (run !== '') return [traceId(trace), run]
  return kind === 'flow'
    ? [traceId(trace), `${traceId(trace)}-${String(id).padStart(16, '0')}`]
    : [traceId(trace)]
}

test('every trace is in one group, with all that share a run with it', () => {
  fc.assert(
    fc.property(
      fc.array(span, { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 10 }),
      (spans, blocks, size) => {
        const stored = storedSpans(spans, blocks)
        const groups = [...groupTraces(stored, size)]
        expect(groups.flat().sort()).toEqual([...new Set(spans.map(({ trace }) => traceId(trace)))].sort())
        const groupOf = new Map(groups.flatMap((group, nth) => group.map((id) => [id, nth] as const)))
        const groupOfRun = new Map<string, number>()
        for (const each of spans) {
          const own = groupOf.get(traceId(each.trace))!
          for (const id of idsOf(each)) {
            expect(groupOfRun.get(id) ?? own).toBe(own)
            groupOfRun.set(id, own)
          }
        }
        const count = (group: readonly string[]) => group.reduce((sum, id) => sum + stored.count(id), 0)
        for (const group of groups.slice(0, -1)) expect(count(group)).toBeGreaterThanOrEqual(size)
      },
    ),
  )
})

test('traces that share nothing are grouped up to the size', () => {
  const spans = Array.from(
    { length: 10 },
    (_, id): Span => ({ trace: Math.floor(id / 2), id, kind: 'flow', run: '' }),
  )
  expect([...groupTraces(storedSpans(spans, 1), 4)]).toEqual([
    [traceId(0), traceId(1)],
    [traceId(2), traceId(3)],
    [traceId(4)],
  ])
})

test('the facts, times and receipts of a trace are those of its spans, whichever blocks they are in', () => {
  const spans = [4, 1, 3].map((id): Span => ({ trace: 7, id, kind: 'span', run: '' }))
  const other: Span = { trace: 8, id: 9, kind: 'span', run: '' }
  const stored = storedSpans([...spans, other], 2)
  expect(
    stored
      .facts([traceId(7)])
      .map(({ startNs }) => startNs)
      .sort(),
  ).toEqual([1n, 3n, 4n])
  expect([stored.times(traceId(7)), stored.receivedMs(traceId(7))]).toEqual([{ from: 1n, to: 4n }, 4])
  stored.delete(traceId(7))
  expect([...stored.traceIds]).toEqual([traceId(8)])
})
