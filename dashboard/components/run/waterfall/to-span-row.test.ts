import type { SpanNode } from '@weir/store/pages'
import { expect, test } from 'vitest'
import { toSpanRows } from './to-span-row.ts'

test('attempts are numbered within their step', () => {
  const kinds: [string, number][] = [
    ['flow', 0],
    ['step', 1],
    ['attempt', 2],
    ['model', 3],
    ['attempt', 2],
    ['step', 1],
    ['attempt', 2],
  ]
  const spans = kinds.map(([kind, depth]) => ({ kind, depth }) as SpanNode)
  expect(toSpanRows(spans).map(({ attempt }) => attempt)).toEqual([0, 0, 1, 0, 2, 0, 1])
})
