import { expect, test } from 'vitest'
import { WITHOUT_MERGED_INDEXES } from '../merged-indexes.ts'
import { execute, firstRow, rows } from '../store.ts'
import { useStore } from '../testing.ts'
import { Bound, spanConditions } from './condition.ts'
import { ofAttribute } from './span-condition.ts'

const store = useStore()
const SPANS = 200_000

/** SQL: what the query `key:value` asks of a span, and its values. */
function pairOf(
  key: string,
  text: string,
): { readonly sql: string; readonly params: Record<string, unknown> } {
  const bound = new Bound()
  const value = { type: 'pattern', text, before: false, after: false } as const
  const [condition] = spanConditions(ofAttribute({ key, operator: ':', value }, bound))
  return { sql: condition!.anyOf.join(' OR '), params: bound.params }
}

/** How many spans have an attribute, and the bytes that were read for that. */
async function countOf(key: string, text: string): Promise<{ spans: number; bytes: number }> {
  const { sql, params } = pairOf(key, text)
  const result = await store().client.query({
    query: `SELECT count() AS spans FROM spans WHERE ${sql}`,
    query_params: params,
    format: 'JSON',
  })
  const { data, statistics } = await result.json<{ spans: number }>()
  return { spans: Number(data[0]!.spans), bytes: statistics!.bytes_read }
}

/** Which of both indexes are there. */
const made = () =>
  rows<{ name: string; isMade: number }>(
    store(),
    `SELECT name, data_compressed_bytes > 0 AS isMade FROM system.data_skipping_indices
    WHERE database = currentDatabase() AND table = 'spans' AND name LIKE '%attribute_pairs' ORDER BY name`,
  )

test('inserts make one index of attributes and merges the other, and both find the same spans', async () => {
  await execute(store(), 'SYSTEM STOP MERGES spans')
  const settings = Object.entries(WITHOUT_MERGED_INDEXES).map(([name, value]) => `${name} = '${value}'`)
  await execute(
    store(),
    `INSERT INTO spans (project, trace_id, span_id, attributes)
    SELECT 'p', murmurHash3_128(number), substring(murmurHash3_128(number), 1, 8),
      if(number % 1000 = 0, map('plan', ''), map('order.id', toString(number), 'plan', if(number % 2 = 0, 'gold', 'tin')))
    FROM numbers(${SPANS}) SETTINGS ${settings.join(', ')}`,
  )
  // What stands for a pair may begin or end with a zero byte.
  const zeros = await rows<{ id: string }>(
    store(),
    `SELECT toString(number) AS id, reinterpretAsFixedString(cityHash64('order.id', id)) AS pair FROM numbers(${SPANS})
    WHERE number % 1000 != 0 AND (substring(pair, 8) = '\0' OR substring(pair, 1, 1) = '\0') ORDER BY number LIMIT 5`,
  )
  expect(zeros).toHaveLength(5)
  const ids = ['1', '77777', ...zeros.map(({ id }) => id)]
  const found = () =>
    Promise.all([
      ...ids.map((id) => countOf('order.id', id)),
      ...['0', 'x'].map((id) => countOf('order.id', id)),
      ...['gold', '', 'none'].map((plan) => countOf('plan', plan)),
      countOf('gold', 'plan'),
    ])
  const expected = [...ids.map(() => 1), 0, 0, SPANS / 2 - SPANS / 1000, SPANS / 1000, 0, 0]

  const inserted = await found()
  expect(inserted.map(({ spans }) => spans)).toEqual(expected)
  expect(await made()).toEqual([
    { name: 'attribute_pairs', isMade: 0 },
    { name: 'new_attribute_pairs', isMade: 1 },
  ])

  await execute(store(), 'SYSTEM START MERGES spans')
  await execute(store(), 'OPTIMIZE TABLE spans FINAL')
  const merged = await found()
  expect(merged.map(({ spans }) => spans)).toEqual(expected)
  expect(await made()).toEqual([
    { name: 'attribute_pairs', isMade: 1 },
    { name: 'new_attribute_pairs', isMade: 0 },
  ])

  // A rare one is in few granules, before it is merged; then no attribute is read even for a common one.
  const all = await firstRow<{ bytes: number }>(
    store(),
    `SELECT sum(byteSize(attributes)) AS bytes FROM spans`,
  )
  expect(inserted[0]!.bytes).toBeLessThan(all!.bytes / 10)
  const gold = expected.indexOf(SPANS / 2 - SPANS / 1000)
  expect(inserted[gold]!.bytes).toBeGreaterThan(all!.bytes / 2)
  expect(merged[gold]!.bytes).toBeLessThan(all!.bytes / 10)
})
