import { expect, it } from 'vitest'
import { describeChildren, type NestedRun } from './child-runs.ts'

const run = (runId: string, parentRunId: string, ...names: readonly string[]): NestedRun => ({
  ...{ runId, parentRunId, flow: runId, status: 'ok' },
  contents: names.map((name) => ({ kind: 'tool', name })),
  ...{ inputTokens: 1, outputTokens: 2, cost: 0.25, unpricedTokens: 0 },
})

const summary = (nested: readonly NestedRun[]) =>
  [...describeChildren(nested)].map(([parent, children]) => [
    parent,
    ...children.map(
      ({ flow, contents, cost }) => `${flow}: ${contents.map(({ name }) => name).join()} for ${cost}`,
    ),
  ])

it('a child has what it and all runs below it recorded and used', () => {
  expect(
    summary([run('a', 'root', 'x'), run('b', 'a', 'y', 'x'), run('c', 'b', 'z'), run('d', 'root')]),
  ).toEqual([
    ['root', 'a: x,y,z for 0.75', 'd:  for 0.25'],
    ['a', 'b: x,y,z for 0.5'],
    ['b', 'c: z for 0.25'],
  ])
})

it('runs that are said to be below themselves end nothing', () => {
  expect(summary([run('a', 'b', 'x'), run('b', 'a', 'y'), run('c', 'c')])).toEqual([
    ['b', 'a: x,y for 0.5'],
    ['a', 'b: x,y for 0.5'],
    ['c', 'c:  for 0.25'],
  ])
})
