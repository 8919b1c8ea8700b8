import { beforeAll, expect, test } from 'vitest'
import { parseQuery } from '../run-query/parse.ts'
import { settleQuiet } from '../settle/settle.ts'
import { execute } from '../store.ts'
import { EPOCH_MS, hex, insertSpans, later, span, useStore } from '../testing.ts'
import { CursorError } from './cursor.ts'
import { getOverview } from './overview.ts'
import { countMatching } from './run-count.ts'
import { ORDERS } from './run-order.ts'
import { getRunRecords } from './run-records.ts'
import { type RunSearch, searchRuns } from './runs.ts'
import { getSessionPage } from './session.ts'

const store = useStore()
const window = { from: new Date(EPOCH_MS), to: new Date(EPOCH_MS + 24 * 3_600_000) }

beforeAll(async () => {
  for (let i = 0; i < 12; i++) {
    const columns = {
      session_id: i < 3 ? 'chat' : '',
      user_id: 'ann',
      input: `question ${i}`,
      output: i === 4 ? 'The ANSWER' : '',
    }
    // Three runs start in the same nanosecond; the others are hours apart.
    const at = i < 3 ? 1000 : i * 3_600_000
    await insertSpans(
      store(),
      `run${i}`,
      span('flow', 'f', at, 100 * (12 - i), columns, span('step', 'plan', at + 1, 10)),
    )
  }
  const inner = span('flow', 'inner', 20, 30, { span_id: 'inner' }, span('step', 'deep', 21, 5))
  const steps = [span('step', 'a', 5, 5), span('step', 'b', 10, 60, { status: 'error' }, inner)]
  await insertSpans(store(), 'tree', span('flow', 'outer', 0, 100, ...steps))
  await settleQuiet(store(), { quietMs: 0, now: later() })
})

async function pages(search: Partial<RunSearch>): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await searchRuns(store(), { ...window, flow: 'f', limit: 2, ...search, cursor })
    expect(page.runs.length).toBeLessThanOrEqual(2)
    ids.push(
      ...page.runs.map((run) => Buffer.from(run.traceId, 'hex').toString().replace(/_+$/, '').slice(3)),
    )
    cursor = page.next ?? undefined
  } while (cursor)
  return ids
}

test('pages by key, newest first, neither repeat nor skip', async () => {
  expect(await pages({})).toEqual(['11', '10', '9', '8', '7', '6', '5', '4', '3', '2', '1', '0'])
})

test('pages of what a user did, hours apart, and of what spans say, begin wherever they do', async () => {
  const all = ['11', '10', '9', '8', '7', '6', '5', '4', '3', '2', '1', '0']
  expect(await pages({ query: parseQuery('user:ann') })).toEqual(all)
  expect(await pages({ query: parseQuery('user:ann duration>=900ms') })).toEqual(['3', '2', '1', '0'])
  expect(await pages({ query: parseQuery('user:ann kind:step') })).toEqual(all)
  expect(await pages({ query: parseQuery('question') })).toEqual(all)
  expect(await pages({ query: parseQuery('span:plan -question') })).toEqual([])
})

test('pages by key, slowest first', async () => {
  expect(await pages({ order: 'slowest' })).toEqual([
    '0',
    '1',
    '2',
    '3',
    '4',
    '5',
    '6',
    '7',
    '8',
    '9',
    '10',
    '11',
  ])
})

test.each(ORDERS)(
  'pages by key in the order of %s neither repeat nor skip, whatever the values',
  async (order) => {
    const project = `order-${order}`
    const RUNS = 70
    // Durations beyond 2^53 ns that differ in their last digits, costs that are no round decimals.
    await execute(
      store(),
      `INSERT INTO runs (project, run_id, trace_id, trace_ids, flow, version, environment, status, start, duration_ns, cost, input_tokens,
      step_names, settled)
    SELECT {project:String}, concat('run', leftPad(toString(number), 3, '0')), murmurHash3_128(number), [murmurHash3_128(number)],
      concat('flow', toString(number % 3)), if(number % 4 = 0, '', toString(number % 4)), if(number % 5 = 0, 'a,b', ''),
      if(number % 2 = 0, 'ok', 'error'), fromUnixTimestamp64Nano(${EPOCH_MS}000000 + intDiv(number, 2), 'UTC'),
      18014398509481984 + intDiv(number, 3), intDiv(number, 2) / 3, 18014398509481984 + intDiv(number, 3),
      arrayMap(n -> 's', range(number % 7)), now64(6)
    FROM numbers(${RUNS})`,
      { project },
    )
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const page = await searchRuns(store(), { ...window, project, order, limit: 20, cursor })
      ids.push(...page.runs.map(({ runId }) => runId))
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    expect(ids).toHaveLength(RUNS)
    expect(new Set(ids).size).toBe(RUNS)
    const whole = await searchRuns(store(), { ...window, project, order, limit: RUNS })
    expect(ids).toEqual(whole.runs.map(({ runId }) => runId))
    const [first, last] = [ids[0]!, ids.at(-1)!].map((id) => Number(id.slice(3)))
    if (order === 'newest' || order === 'slowest' || order === 'costliest' || order === 'most-tokens')
      expect([first, last]).toEqual([RUNS - 1, 0])
    if (order === 'oldest' || order === 'fastest') expect([first, last]).toEqual([0, RUNS - 1])
  },
)

test('searches by session, duration and text', async () => {
  expect(await pages({ query: parseQuery('session:chat') })).toEqual(['2', '1', '0'])
  expect(await pages({ query: parseQuery('duration:200ms..400ms') })).toEqual(['10', '9', '8'])
  expect(await pages({ query: parseQuery('answer') })).toEqual(['4'])
  expect(await pages({ query: parseQuery('QUESTION 11') })).toEqual(['11'])
  expect(await pages({ query: parseQuery('user:nobody') })).toEqual([])
  expect(await pages({ status: 'error' })).toEqual([])
})

test('a cursor that is none is refused', async () => {
  await expect(searchRuns(store(), { ...window, cursor: 'nonsense' })).rejects.toThrow(CursorError)
  const cursor = (key: string) => Buffer.from(JSON.stringify({ key, runId: '' })).toString('base64url')
  const newest = searchRuns(store(), { ...window, cursor: cursor('9223372036854775808') })
  await expect(newest).rejects.toThrow(CursorError)
  const slowest = searchRuns(store(), { ...window, order: 'slowest', cursor: cursor('-1') })
  await expect(slowest).rejects.toThrow(CursorError)
})

test('a session, oldest run first', async () => {
  const session = await getSessionPage(store(), { sessionId: 'chat' })
  expect(session?.runs.map((run) => run.input)).toEqual(['question 0', 'question 1', 'question 2'])
  const totals = { runs: 3, users: 1, firstMs: EPOCH_MS + 1000, lastMs: EPOCH_MS + 1000 }
  expect(session).toMatchObject({ sessionId: 'chat', userIds: ['ann'], totals, next: null })
  const first = await getSessionPage(store(), { sessionId: 'chat', limit: 2 })
  expect(first?.totals).toEqual(session?.totals)
  const rest = await getSessionPage(store(), { sessionId: 'chat', limit: 2, cursor: first!.next! })
  expect([...first!.runs, ...rest!.runs]).toEqual(session?.runs)
  expect(rest?.next).toBeNull()
  expect(await getSessionPage(store(), { sessionId: 'none' })).toBeNull()
})

test('a turn whose run recorded no input shows that of its first step', async () => {
  const step = span('step', 'turn', 1, 5, { input: 'hello' })
  const columns = { session_id: 'agent', output: 'hi' }
  await insertSpans(store(), 'agent', span('agent', 'support', 0, 10, columns, step))
  await settleQuiet(store(), { quietMs: 0, now: later() })
  const session = await getSessionPage(store(), { sessionId: 'agent' })
  expect(session?.runs).toMatchObject([{ input: 'hello', inputStep: 'turn', output: 'hi' }])
  expect(session?.runs[0]).not.toHaveProperty('firstStep')
})

test('records with their steps; unknown ids are left out', async () => {
  const records = await getRunRecords(store(), { runIds: [hex('tree'), 'unknown', hex('run5')] })
  expect(records.map((record) => record.flow)).toEqual(['outer', 'f'])
  expect(records[0]).toMatchObject({
    status: 'ok',
    incomplete: false,
    durationNs: 100e6,
    startUnixNano: BigInt(EPOCH_MS) * 1_000_000n,
  })
  expect(records[0]?.steps[1]).toEqual({
    name: 'b',
    occurrence: 0,
    kind: 'step',
    status: 'error',
    startNs: 10e6,
    durationNs: 60e6,
    uncertainNs: 0,
    attempts: 1,
    fallback: false,
    parent: -1,
  })
  expect(records[0]?.children).toEqual([
    {
      ...{ runId: `${hex('tree')}-${hex('inner', 8)}`, flow: 'inner', status: 'ok' },
      contents: [{ kind: 'step', name: 'deep' }],
      ...{ inputTokens: 0, outputTokens: 0, cost: 0, unpricedTokens: 0 },
    },
  ])
  expect(records[1]?.children).toEqual([])
  expect(await getRunRecords(store(), { experimentId: 'none' })).toEqual([])
})

test('the count of a list is that of the overview, where minutes can tell, and of the list elsewhere', async () => {
  const search = { ...window, flow: 'f' }
  expect(await countMatching(store(), search)).toEqual({ runs: 12, isCut: false })
  expect((await getOverview(store(), search)).totals.runs).toBe(12)
  expect(await countMatching(store(), { ...search, status: 'ok' })).toMatchObject({ runs: 12 })
  expect(await countMatching(store(), { ...search, status: 'error' })).toMatchObject({ runs: 0 })
  for (const fine of [
    { query: parseQuery('session:chat') },
    { query: parseQuery('answer') },
    { query: parseQuery('duration>=1s') },
  ]) {
    const found = await pages(fine)
    expect(await countMatching(store(), { ...search, ...fine })).toMatchObject({ runs: found.length })
  }
})
