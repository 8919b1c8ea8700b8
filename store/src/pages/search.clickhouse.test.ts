import { beforeAll, expect, test } from 'vitest'
import { parseQuery } from '../run-query/parse.ts'
import { settleQuiet } from '../settle/settle.ts'
import { execute, insert, rows, type Store } from '../store.ts'
import { EPOCH_MS, hex, insertSpans, later, span, spanRows, useStore } from '../testing.ts'
import { countRuns } from './run-count.ts'
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
    span(
      'flow',
      'f',
      0,
      10,
      // As Python writes JSON: "今日の天気".
      { attributes: { tier: 'gold' }, input: '{"q":"\\u4eca\\u65e5\\u306e\\u5929\\u6c17"}' },
      step({ 'customer.id': '43' }),
    ),
  )
  const resource = {
    resource: {
      attributes: [
        { key: 'host.name', value: { stringValue: 'box' } },
        { key: 'process.pid', value: { intValue: '7' } },
        { key: 'größe "cm"', value: { stringValue: '180' } },
      ],
    },
  }
  const scope = { scope: { name: 's', attributes: [{ key: 'library', value: { stringValue: 'lib' } }] } }
  await insertSpans(
    store(),
    'three',
    span(
      'flow',
      'f',
      0,
      10,
      step({ tier: '42', note: '' }),
      span('tool', 'call', 6, 1, {
        input: '{"url":"https://weir.dev/a?b=c","id":"3f2a-77-e1","image":"YWJjZA==","said":"say \\"no\\""}',
        error_message: 'Error: timeout=30s exceeded',
        resource: JSON.stringify(resource),
        scope: JSON.stringify(scope),
      }),
    ),
  )
  await insertShared()
  await settleQuiet(store(), { quietMs: 0, now: later() })
  await execute(store(), MANY_SPANS)
  await execute(store(), MANY_RUNS)
})

/** Twenty traces of two runs each, where every third nested one has the attribute, and a run that is continued. */
async function insertShared(): Promise<void> {
  const plan = { 'plan.id': 'p' }
  const nested = Array.from({ length: 20 }, (_, i) => {
    const at = i * 1000
    const attributes = i % 3 === 0 ? plan : { 'plan.id': 'q' }
    const inner = span('flow', 'inner', at + 1, 5, span('step', 'deep', at + 2, 1, { attributes }))
    const own = span('step', 'own', at, 1, { attributes: i % 2 === 0 ? plan : {} })
    return spanRows(`nest${i}`, span('flow', 'outer', at, 10 + i, own, inner))
  })
  const declared = { declared_run_id: 'continued' }
  const resumed = span('flow', 'job', 55, 10, declared, span('step', 'resumed', 60, 1, { attributes: plan }))
  await insert(store(), 'spans', [
    ...nested.flat(),
    ...spanRows('began', span('flow', 'job', 0, 10, declared)),
    ...spanRows('resumed', span('span', 'request', 50, 20, resumed)),
  ])
}

const ID = `murmurHash3_128(number, 'run')`
const INPUT = `concat('{"question":"about Item', toString(number), '"}')`
const MANY_SPANS = `
  INSERT INTO spans (project, trace_id, span_id, start, input, attributes)
  SELECT 'many', ${ID}, substring(${ID}, 1, 8), toDateTime64(${EPOCH_MS / 1000} + number % 86400, 9, 'UTC'),
    ${INPUT}, map('customer.id', concat('customer-', toString(number)), 'kind', 'step')
  FROM numbers(${RUNS})`
const MANY_RUNS = `
  INSERT INTO runs (project, run_id, trace_id, trace_ids, shares_traces, span_count, flow, start, input, output, settled, replaces)
  SELECT 'many', lower(hex(${ID})), ${ID}, [${ID}], 0, 1, concat('flow-', toString(number % 7)), toDateTime64(${EPOCH_MS / 1000} + number % 86400, 9, 'UTC'),
    ${INPUT}, 'the answer', now64(6), 0
  FROM numbers(${RUNS})`

async function found(text: string, search: Partial<RunSearch> = {}): Promise<string[]> {
  const { runs } = await searchRuns(store(), { ...window, query: parseQuery(text), ...search })
  return runs.map((run) => Buffer.from(run.traceId, 'hex').toString().replace(/_+$/, '')).sort()
}

test('by an attribute on any span of the run', async () => {
  expect(await found('customer.id:42')).toEqual(['one'])
  expect(await found('a="b=c"')).toEqual(['one'])
  expect(await found('customer.id=4')).toEqual([])
  expect(await found('customer.id:4*')).toEqual(['one', 'two'])
  expect(await found('absent:""')).toEqual([])
  expect(await found('note:""')).toEqual(['three'])
  expect(await found('has:note')).toEqual(['three'])
  expect(await found('customer.id>42')).toEqual(['two'])
  expect(await found('customer.id:43 tier:gold')).toEqual(['two'])
  expect(await found('customer.id:42 OR tier:gold')).toEqual(['one', 'two'])
  expect(await found('flow:f -customer.id:42')).toEqual(['three', 'two'])
  expect(await found('customer.id:43 tier:gold', { flow: 'other' })).toEqual([])
  expect(await found('customer.id:43 tier:gold', { order: 'slowest' })).toEqual(['two'])
})

test('by an attribute of the resource or the scope', async () => {
  expect(await found('host.name:box')).toEqual(['three'])
  expect(await found('process.pid>=7 process.pid<8')).toEqual(['three'])
  expect(await found('library:lib')).toEqual(['three'])
  expect(await found('has:host.name')).toEqual(['three'])
  expect(await found('"größe \\"cm\\"":180')).toEqual(['three'])
  expect(await found('host.name:other')).toEqual([])
})

test('where a trace holds several runs, the attribute is found on its own run only, page by page', async () => {
  const listed = async (text: string, search: Partial<RunSearch> = {}) => {
    const runs: string[] = []
    let cursor: string | undefined
    const query = parseQuery(text)
    do {
      const page = await searchRuns(store(), { ...window, query, limit: 3, ...search, cursor })
      runs.push(...page.runs.map(({ startMs }) => String((startMs - EPOCH_MS) / 1000)))
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    return runs
  }
  const even = ['18', '16', '14', '12', '10', '8', '6', '4', '2', '0']
  const odd = ['19', '17', '15', '13', '11', '9', '7', '5', '3', '1']
  const third = ['18.001', '15.001', '12.001', '9.001', '6.001', '3.001', '0.001']
  expect(await listed('flow:outer plan.id:p')).toEqual(even)
  expect(await listed('plan.id:p', { flow: 'outer', order: 'slowest' })).toEqual(even)
  expect(await listed('flow:outer -plan.id:p')).toEqual(odd)
  expect(await listed('flow:outer plan.id!=p')).toEqual(odd)
  expect(await listed('flow:inner plan.id:p')).toEqual(third)
  expect(await listed('flow:job plan.id:p')).toEqual(['0'])
  expect(await listed('flow:request plan.id:p')).toEqual([])
  const query = parseQuery('plan.id:p')
  expect(await countRuns(store(), { ...window, flow: 'outer', query })).toEqual({
    ...{ runs: 10, isCut: false, firstMs: EPOCH_MS, lastMs: EPOCH_MS + 18_000 },
  })
  expect(await countRuns(store(), { ...window, query })).toMatchObject({ runs: 18 })
})

test('words find what is visibly there, in any case and place, in the run and in its spans', async () => {
  expect(await found('WHERE grösse größe')).toEqual([])
  expect(await found('WHERE größe')).toEqual(['one'])
  expect(await found('pod-7 opéra plan')).toEqual(['one'])
  expect(await found('wher*')).toEqual(['one'])
  expect(await found('天気')).toEqual(['two'])
  expect(await found('今日の天')).toEqual(['two'])
  expect(await found('https://weir.dev/a?b=c')).toEqual(['three'])
  expect(await found('timeout=30s')).toEqual(['three'])
  expect(await found('YWJjZA==')).toEqual(['three'])
  expect(await found('Error:')).toEqual(['three'])
  expect(await found('3f2a-77')).toEqual(['three'])
  expect(await found('"say \\"no\\""')).toEqual(['three'])
  expect(await found(hex('two'))).toEqual(['two'])
  expect(await found(hex('two').toUpperCase())).toEqual(['two'])
  expect(await found('"?!"')).toEqual([])
  expect(await found('gone.flow:x OR 天気')).toEqual(['two'])
})

interface Asked {
  readonly query: string
  readonly query_params: Readonly<Record<string, unknown>>
}

/** What a search asks the engine. */
async function asked(search: (recording: Store) => Promise<unknown>): Promise<Asked[]> {
  const all: Asked[] = []
  const client = Object.create(store().client)
  for (const method of ['query', 'exec'] as const)
    client[method] = (options: { query: string; query_params: Record<string, unknown> }) => {
      all.push({ ...options, query: options.query.replace('\nFORMAT Native', '') })
      return store().client[method](options)
    }
  await search({ ...store(), client })
  return all
}

/** Bytes of all tables that the engine read for a search. */
async function bytesRead(search: Partial<RunSearch>): Promise<number> {
  const all = await asked((recording) =>
    searchRuns(recording, { ...window, project: 'many', order: 'slowest', ...search }),
  )
  let read = 0
  for (const { query, query_params } of all) {
    const result = await store().client.query({ query, query_params, format: 'JSON' })
    read += (await result.json()).statistics!.bytes_read
  }
  return read
}

test('an attribute is found without reading the attributes of all spans', async () => {
  const search = { query: parseQuery('"customer.id":customer-12345') }
  expect((await searchRuns(store(), { ...window, project: 'many', ...search })).runs).toHaveLength(1)
  // A part of a value is in no index.
  const all = await bytesRead({ query: parseQuery('"customer.id":*customer-12345') })
  const runs = await bytesRead({})
  expect((await bytesRead(search)) - runs).toBeLessThan((all - runs) / 10)
})

test('a search that found some of what a page needs looks back only as far as the rest should take', async () => {
  const start = `toDateTime64(${EPOCH_MS / 1000} + number * 360, 9, 'UTC')`
  await execute(
    store(),
    `INSERT INTO spans (project, trace_id, span_id, start, received, attributes)
    SELECT 'hourly', ${ID}, substring(${ID}, 1, 8), ${start}, ${start}, map('tenant', 'a') FROM numbers(240)`,
  )
  await execute(
    store(),
    `INSERT INTO runs (project, run_id, trace_id, trace_ids, shares_traces, span_count, flow, start, settled, replaces)
    SELECT 'hourly', lower(hex(${ID})), ${ID}, [${ID}], 0, 1, 'f', ${start}, now64(6), 0 FROM numbers(240)`,
  )
  const search = { ...window, project: 'hourly', query: parseQuery('"tenant":"a"'), limit: 30 }
  const all = await asked(async (recording) => {
    const { runs } = await searchRuns(recording, search, { newestRuns: 5, fewTraces: 0 })
    expect(runs).toHaveLength(30)
  })
  const begins = all.flatMap(({ query_params: { begin } }) =>
    begin === undefined ? [] : [Number(begin) / 1e6],
  )
  // Runs that have their traces for themselves are not looked at once more.
  expect(all.filter(({ query }) => /^\s*SELECT [^(]*FROM spans/.test(query))).toEqual([])
  // The last two hours have twenty of 31: four more are looked through, and not all that is left.
  expect(Math.min(...begins)).toBeCloseTo(EPOCH_MS + 18 * 3_600_000, 0)
})

test('a word is found without reading the texts of all runs and spans', async () => {
  const search = { query: parseQuery('item123456') }
  expect((await searchRuns(store(), { ...window, project: 'many', ...search })).runs).toHaveLength(1)
  // Short parts of words are in no index.
  const all = await bytesRead({ query: parseQuery('m45') })
  const runs = await bytesRead({})
  expect((await bytesRead(search)) - runs).toBeLessThan((all - runs) / 10)
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
