import { expect, test } from 'vitest'
import { toTree } from './span-tree.ts'

type Row = Parameters<typeof toTree>[0][number]

function row(spanId: string, parentSpanId: string, startNs: number, runId = 'run'): Row {
  return {
    ...{
      spanId,
      traceId: 't',
      parentSpanId,
      name: spanId,
      kind: 'span',
      status: 'ok',
      runId,
      startNs,
      durationNs: 1,
    },
    ...{ ended: true, model: '', inputTokens: 0, outputTokens: 0, cost: 0, errorType: '', errorMessage: '' },
    ...{ attempts: 0, fallback: false, eventCount: 0 },
  }
}

const drawn = (...rows: Row[]) => toTree(rows, 'run').map((node) => `${'-'.repeat(node.depth)}${node.spanId}`)

test('depth first, siblings by start', () => {
  expect(drawn(row('b', 'root', 2), row('root', '', 0), row('a', 'root', 1), row('c', 'a', 3))).toEqual([
    'root',
    '-a',
    '--c',
    '-b',
  ])
})

test('spans of other runs show only below the run', () => {
  expect(
    drawn(
      row('http', '', 0, 'outer'),
      row('flow', 'http', 1),
      row('nested', 'flow', 2, 'inner'),
      row('x', 'http', 3, 'outer'),
    ),
  ).toEqual(['flow', '-nested'])
})

test('a missing parent makes a top; cycles and self parents end', () => {
  expect(drawn(row('a', 'gone', 1), row('self', 'self', 2), row('x', 'y', 3), row('y', 'x', 4))).toEqual([
    'a',
    'self',
    'x',
    '-y',
  ])
})
