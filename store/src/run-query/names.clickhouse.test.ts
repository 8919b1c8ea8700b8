import { expect, test } from 'vitest'
import { searchRuns } from '../pages/runs.ts'
import { settleQuiet } from '../settle/settle.ts'
import { insert } from '../store.ts'
import { EPOCH_MS, later, span, spanRows, useStore } from '../testing.ts'
import { parseQuery } from './parse.ts'
import { printQuery } from './print.ts'

const store = useStore()
const window = { from: new Date(EPOCH_MS), to: new Date(EPOCH_MS + 1000) }

async function found(text: string): Promise<string[]> {
  const { runs } = await searchRuns(store(), { ...window, query: parseQuery(text), order: 'oldest' })
  return runs.map((run) => Buffer.from(run.traceId, 'hex').toString().replace(/_+$/, '')).sort()
}

test('any name finds its runs: dots, commas, quotes, stars, long ones, and none', async () => {
  const names = [
    '',
    '.',
    '..',
    '1,2',
    ',a, "b",',
    'a\\"b',
    '*',
    'a*',
    '-x',
    'a OR b',
    '(x)',
    '1..2',
    'x'.repeat(12_000),
    '你'.repeat(12_000),
  ]
  await insert(
    store(),
    'spans',
    names.flatMap((name, nth) =>
      spanRows(
        `name${nth}`,
        span('flow', 'named', nth, 1, { version: name, environment: name, session_id: 'names' }),
      ),
    ),
  )
  await settleQuiet(store(), { quietMs: 0, now: later() })
  for (const [nth, text] of names.entries()) {
    for (const field of ['version', 'env'] as const) {
      const value = { type: 'pattern', text, before: false, after: false } as const
      const query = printQuery({ type: 'field', field, operator: ':', value })
      expect(await found(`flow:named ${query}`), query.slice(0, 20)).toEqual([`name${nth}`])
    }
    if (text !== '')
      expect(await found(`session:names ${printQuery({ type: 'word', text })}`)).toContain(`name${nth}`)
  }
})
