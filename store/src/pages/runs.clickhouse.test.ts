import { beforeAll, expect, test } from 'vitest'
import { settleQuiet } from '../settle/settle.ts'
import { EPOCH_MS, hex, insertSpans, later, span, useStore } from '../testing.ts'
import { CursorError } from './cursor.ts'
import { getOverview } from './overview.ts'
import { getRunPage } from './run.ts'
import { countMatching } from './run-count.ts'
import { getRunRecords } from './run-records.ts'
import { type RunSearch, searchRuns } from './runs.ts'
import { getSessionPage } from './session.ts'
import { getSpan } from './span.ts'

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
  const events = {
    events: JSON.stringify([
      {
        timeUnixNano: '1767225600015000001',
        name: 'exception',
        attributes: [{ key: 'exception.type', value: { stringValue: 'Oops' } }],
      },
    ]),
    links: JSON.stringify([
      {
        traceId: '0a'.repeat(16),
        attributes: [
          { key: 'n', value: { intValue: '7' } },
          { key: 'd', value: { doubleValue: 0.5 } },
          { key: 'a', value: { arrayValue: { values: [{ boolValue: true }] } } },
          { key: 'e', value: {} },
          {},
        ],
      },
    ]),
    resource: JSON.stringify({ resource: { attributes: [{ key: 'host', value: { stringValue: 'h' } }] } }),
    scope: JSON.stringify({ scope: { name: 'lib' }, schemaUrl: 'https://schema' }),
    attributes: { answer: '42', ok: 'true' },
    attribute_types: 'ib',
    status: 'error',
    error_type: 'Oops',
  }
  const tree = span(
    'flow',
    'outer',
    0,
    100,
    span('step', 'a', 5, 5),
    span('step', 'b', 10, 60, events, inner),
    span('step', 'c', 80, 5),
  )
  await insertSpans(store(), 'tree', tree)
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

test('searches by session, duration and text', async () => {
  expect(await pages({ session: 'chat' })).toEqual(['2', '1', '0'])
  expect(await pages({ minDurationNs: 200e6, maxDurationNs: 400e6 })).toEqual(['10', '9', '8'])
  expect(await pages({ text: 'answer' })).toEqual(['4'])
  expect(await pages({ text: 'QUESTION 11' })).toEqual(['11'])
  expect(await pages({ user: 'nobody' })).toEqual([])
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
    attempts: 1,
    fallback: false,
    parent: -1,
  })
  expect(await getRunRecords(store(), { experimentId: 'none' })).toEqual([])
})

test('a run with its tree, nested runs below', async () => {
  const page = await getRunPage(store(), { runId: hex('tree') })
  expect(page?.run).toMatchObject({ flow: 'outer', status: 'ok', spanCount: 4, stepCount: 3 })
  expect(page?.steps.map((step) => step.name)).toEqual(['a', 'b', 'c'])
  expect(page?.spans.map((node) => `${'-'.repeat(node.depth)}${node.name}`)).toEqual([
    'outer',
    '-a',
    '-b',
    '--inner',
    '---deep',
    '-c',
  ])
  expect(page).toMatchObject({ own: { spans: 4, errors: 1 }, tree: { spans: 6, errors: 1 } })
  expect(page?.children.map((run) => run.flow)).toEqual(['inner'])
  expect(page?.spans.every((node) => node.ended)).toBe(true)
  expect(page?.spans.map((node) => node.eventCount)).toEqual([0, 0, 1, 0, 0, 0])

  const nested = await getRunPage(store(), { runId: `${hex('tree')}-${hex('inner', 8)}` })
  expect(nested?.spans.map((node) => `${'-'.repeat(node.depth)}${node.name}`)).toEqual(['inner', '-deep'])
  expect(nested?.run.parentRunId).toBe(hex('tree'))

  const cut = await getRunPage(store(), { runId: hex('tree'), spanLimit: 3 })
  expect(cut).toMatchObject({ spans: [{ name: 'outer' }, { name: 'a' }, { name: 'b' }] })
  expect(cut).toMatchObject({ own: page!.own, tree: page!.tree })
  expect(await getRunPage(store(), { runId: 'unknown' })).toBeNull()
})

test('a run of two traces shows the spans of both', async () => {
  const declared = { declared_run_id: 'job-1', run_id: 'job-1' }
  await insertSpans(store(), 'first', span('flow', 'job', 0, 10, declared))
  await insertSpans(store(), 'second', span('flow', 'job', 50, 10, declared, span('step', 'resumed', 52, 5)))
  await settleQuiet(store(), { quietMs: 0, now: later() })
  const page = await getRunPage(store(), { runId: 'job-1' })
  expect(page?.traceIds).toHaveLength(2)
  expect(page?.spans.map(({ name, startNs }) => [name, startNs])).toEqual([
    ['job', 0],
    ['job', 50e6],
    ['resumed', 52e6],
  ])
})

test('a span with everything that was recorded', async () => {
  const page = await getRunPage(store(), { runId: hex('tree') })
  const spanId = page?.spans.find((node) => node.name === 'b')?.spanId ?? ''
  expect(await getSpan(store(), { traceId: hex('tree'), spanId })).toMatchObject({
    name: 'b',
    status: 'error',
    errorType: 'Oops',
    ended: true,
    durationNs: 60e6,
    attributes: [
      { key: 'answer', value: '42', type: 'i' },
      { key: 'ok', value: 'true', type: 'b' },
    ],
    events: [
      {
        name: 'exception',
        offsetNs: 5_000_001,
        attributes: [{ key: 'exception.type', value: 'Oops', type: 's' }],
      },
    ],
    links: [
      {
        traceId: '0a'.repeat(16),
        spanId: '',
        attributes: [
          { key: 'n', value: '7', type: 'i' },
          { key: 'd', value: '0.5', type: 'd' },
          { key: 'a', value: '{"arrayValue":{"values":[{"boolValue":true}]}}', type: 'a' },
          { key: 'e', value: '', type: 'e' },
          { key: '', value: '', type: 'e' },
        ],
      },
    ],
    resourceAttributes: [{ key: 'host', value: 'h', type: 's' }],
    scopeName: 'lib',
    scopeVersion: '',
  })
  expect(await getSpan(store(), { traceId: hex('tree'), spanId: '0000000000000000' })).toBeNull()
})

test('the count of a list is that of the overview, where minutes can tell, and of the list elsewhere', async () => {
  const search = { ...window, flow: 'f' }
  expect(await countMatching(store(), search)).toEqual({ runs: 12, isCut: false })
  expect((await getOverview(store(), search)).totals.runs).toBe(12)
  expect(await countMatching(store(), { ...search, status: 'ok' })).toMatchObject({ runs: 12 })
  expect(await countMatching(store(), { ...search, status: 'error' })).toMatchObject({ runs: 0 })
  for (const fine of [{ session: 'chat' }, { text: 'answer' }, { minDurationNs: 1_000e6 }]) {
    const found = await pages(fine)
    expect(await countMatching(store(), { ...search, ...fine })).toMatchObject({ runs: found.length })
  }
})
