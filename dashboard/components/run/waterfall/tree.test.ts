import { expect, test } from 'vitest'
import { ancestorKeys, findRow, hasChildren, type KeyedRow, parentOf, visibleRows, withKeys } from './tree.ts'
import { treeAction } from './tree-keys.ts'

/** Two spaces of indentation per level. */
function tree(text: string): KeyedRow[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const name = line.trim()
      return {
        key: name,
        spanId: name,
        traceId: '',
        runId: '',
        name,
        kind: 'step',
        status: name.startsWith('bad') ? 'error' : 'ok',
        startNs: 0,
        durationNs: 1,
        ended: true,
        depth: (line.length - line.trimStart().length) / 2,
        model: '',
        errorType: '',
        attempts: 1,
        attempt: 0,
        fallback: false,
      }
    })
}

const ROWS = tree(`
root
  plan
    model
  search
    bad
    tool
      deep
  end
other
`)
const names = (indexes: number[]) => indexes.map((index) => ROWS[index]?.name)

test('a collapsed row hides what is inside it, at every level', () => {
  expect(names(visibleRows(ROWS, new Set(['search'])))).toEqual([
    'root',
    'plan',
    'model',
    'search',
    'end',
    'other',
  ])
  expect(names(visibleRows(ROWS, new Set(['root', 'tool'])))).toEqual(['root', 'other'])
  expect(visibleRows(ROWS, new Set())).toHaveLength(ROWS.length)
})

test('a search shows its matches with the way to them, collapsed or not', () => {
  const found = visibleRows(ROWS, new Set(['root']), ({ name }) => name === 'deep')
  expect(names(found)).toEqual(['root', 'search', 'tool', 'deep'])
  expect(names(visibleRows(ROWS, new Set(), ({ status }) => status === 'error'))).toEqual([
    'root',
    'search',
    'bad',
  ])
})

test('a match at the top does not bring its neighbours', () => {
  expect(names(visibleRows(ROWS, new Set(), ({ name }) => name === 'other'))).toEqual(['other'])
})

test('parents and children follow from the depths', () => {
  expect(hasChildren(ROWS, 0)).toBe(true)
  expect(hasChildren(ROWS, 2)).toBe(false)
  expect(hasChildren(ROWS, 8)).toBe(false)
  expect(parentOf(ROWS, 6)).toBe(5)
  expect(parentOf(ROWS, 8)).toBe(-1)
  expect(ancestorKeys(ROWS, 6)).toEqual(['tool', 'search', 'root'])
})

test('keys move within the rows, open, close and go to the parent', () => {
  const at = (place: number, expanded?: boolean) => ({ at: place, count: 9, expanded, parent: 2 })
  expect(treeAction('j', at(3))).toBe(4)
  expect(treeAction('ArrowDown', at(8))).toBe(8)
  expect(treeAction('k', at(-1))).toBe(0)
  expect(treeAction('End', at(0))).toBe(8)
  expect(treeAction('ArrowRight', at(3, false))).toBe('toggle')
  expect(treeAction('ArrowRight', at(3, true))).toBe(4)
  expect(treeAction('ArrowRight', at(3))).toBe(3)
  expect(treeAction('ArrowLeft', at(3, true))).toBe('toggle')
  expect(treeAction('ArrowLeft', at(3, false))).toBe(2)
  expect(treeAction('x', at(3))).toBeUndefined()
})

test('a span is named by its id, and by its trace too where the run has several traces', () => {
  const ids = ['a 1', 'a 2', 'b 1'].map((text) => text.split(' ') as [string, string])
  const rows = withKeys(ids.map(([traceId, spanId]) => ({ ...ROWS[0]!, traceId, spanId })))
  expect(rows.map(({ key }) => key)).toEqual(['a-1', 'a-2', 'b-1'])
  expect(['b-1', '2', 'a-2', '1', 'c-1', ''].map((name) => findRow(rows, name))).toEqual([2, 1, 1, 0, -1, -1])
})
