import { beforeAll, expect, test } from 'vitest'
import { settleQuiet } from '../settle/settle.ts'
import { execute, rows, type Store } from '../store.ts'
import { EPOCH_MS, hex, insertSpans, later, span, useStore } from '../testing.ts'
import { type RunSearch, searchRuns } from './runs.ts'

const store = useStore()
const window = { from: new Date(EPOCH_MS), to: new Date(EPOCH_MS + 24 * 3_600_000) }
const RUNS = 300_000

beforeAll(async () => {
  const step = (attributes: Record<string, string>) => span('step', 'plan', 1, 5, { attributes })
  const described = { input: '{"question":"Where is the Größe of pod-7?"}', output: 'Rue de l\u2019Opéra 12' }
  await insertSpans(
    store(),
    'one',
    span('flow', 'f', 0, 10, described, step({ 'customer.id': '42', a: 'b=c' })),
  )
  await insertSpans(
    store(),
    'two',
    span('flow', 'f', 0, 10, { attributes: { tier: 'gold' } }, step({ 'customer.id': '43' })),
  )
  await insertSpans(store(), 'three', span('flow', 'f', 0, 10, step({ tier: '42', note: '' })))
  await settleQuiet(store(), { quietMs: 0, now: later() })
  await execute(store(), MANY_SPANS)
  await execute(store(), MANY_RUNS)
})

const ID = `murmurHash3_128(number, 'run')`
const MANY_SPANS = `
  INSERT INTO spans (project, trace_id, span_id, run_id, start, attributes, settled)
  SELECT 'many', ${ID}, substring(${ID}, 1, 8), lower(hex(${ID})), toDateTime64(${EPOCH_MS / 1000} + number % 86400, 9, 'UTC'),
    map('customer.id', concat('customer-', toString(number)), 'kind', 'step'), 1
  FROM numbers(${RUNS})`
const MANY_RUNS = `
  INSERT INTO runs (project, run_id, trace_id, flow, start, input, output, settled)
  SELECT 'many', lower(hex(${ID})), ${ID}, concat('flow-', toString(number % 7)), toDateTime64(${EPOCH_MS / 1000} + number % 86400, 9, 'UTC'),
    concat('{"question":"about item', toString(number), '"}'), 'the answer', now64(6)
  FROM numbers(${RUNS})`

async function found(search: Partial<RunSearch>): Promise<string[]> {
  const { runs } = await searchRuns(store(), { ...window, ...search })
  return runs.map((run) => Buffer.from(run.traceId, 'hex').toString().replace(/_+$/, '')).sort()
}

test('by an attribute on any span of the run', async () => {
  expect(await found({ attributes: [{ key: 'customer.id', value: '42' }] })).toEqual(['one'])
  expect(await found({ attributes: [{ key: 'a', value: 'b=c' }] })).toEqual(['one'])
  expect(await found({ attributes: [{ key: 'customer.id', value: '4' }] })).toEqual([])
  expect(await found({ attributes: [{ key: 'absent', value: '' }] })).toEqual([])
  expect(await found({ attributes: [{ key: 'note', value: '' }] })).toEqual(['three'])
  const both = [
    { key: 'customer.id', value: '43' },
    { key: 'tier', value: 'gold' },
  ]
  expect(await found({ attributes: both })).toEqual(['two'])
  expect(await found({ attributes: both, flow: 'other' })).toEqual([])
  expect(await found({ attributes: both, order: 'slowest' })).toEqual(['two'])
})

test('by words, in any case and place', async () => {
  expect(await found({ text: 'WHERE grösse größe' })).toEqual([])
  expect(await found({ text: 'WHERE größe' })).toEqual(['one'])
  expect(await found({ text: 'pod-7 opéra plan' })).toEqual(['one'])
  expect(await found({ text: 'wher' })).toEqual([])
  expect(await found({ text: hex('two') })).toEqual(['two'])
  expect(await found({ text: '?!' })).toEqual([])
})

/** Rows of all tables that the engine read for a search. */
async function rowsRead(search: Partial<RunSearch>): Promise<number> {
  const asked: { query: string; query_params: Record<string, unknown> }[] = []
  const client = Object.create(store().client)
  client.query = (options: (typeof asked)[number]) => {
    asked.push(options)
    return store().client.query(options)
  }
  const recording: Store = { ...store(), client }
  await searchRuns(recording, { ...window, project: 'many', order: 'slowest', ...search })
  expect(asked).toHaveLength(1)
  const { query, query_params } = asked[0]!
  const result = await store().client.query({ query, query_params, format: 'JSON' })
  return (await result.json()).statistics!.rows_read
}

test('an attribute is found without reading all spans', async () => {
  const search = { attributes: [{ key: 'customer.id', value: 'customer-12345' }] }
  expect((await searchRuns(store(), { ...window, project: 'many', ...search })).runs).toHaveLength(1)
  expect(await rowsRead({})).toBeGreaterThanOrEqual(RUNS)
  // A granule of spans or two, and the granule of runs that has the run and those around it.
  expect(await rowsRead(search)).toBeLessThan(RUNS / 4)
})

test('words are found without reading all runs', async () => {
  const search = { text: 'Item12345' }
  expect((await searchRuns(store(), { ...window, project: 'many', ...search })).runs).toHaveLength(1)
  expect(await rowsRead(search)).toBeLessThan(RUNS / 4)
})

test('a trace is found without reading others', async () => {
  const explained = await rows<{ explain: string }>(
    store(),
    `EXPLAIN indexes = 1 SELECT name FROM spans FINAL
    PREWHERE project = 'many' AND trace_id = (SELECT any(trace_id) FROM spans WHERE project = 'many')`,
  )
  const granules = /Granules: (\d+)\/(\d+)/.exec(explained.map((line) => line.explain).join('\n'))
  expect(Number(granules?.[1])).toBeLessThanOrEqual(2)
  expect(Number(granules?.[2])).toBeGreaterThanOrEqual(RUNS / 2048)
})
