import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { protobufOfJson, SpanBlock } from '@weir/dialects'
import { type RunRecord, readSpans, toRunRecords } from '@weir/store/run-model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { requestOf } from '../batch.ts'
import type { OwnedSpan } from '../span-file.ts'
import { openLogFile, requireLogFormat } from './log-file.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-logs-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name)

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, content)
  return path
}

async function spansOf(path: string, format: string): Promise<OwnedSpan[]> {
  const spans: OwnedSpan[] = []
  const log = await openLogFile(path, format)
  await log.read((span) => {
    spans.push(span)
  })
  expect(spans).toHaveLength(log.spans)
  return spans
}

/** The runs that the spans become once they are stored and settled. */
async function runsOf(format: string, ...paths: string[]): Promise<RunRecord[]> {
  const block = new SpanBlock()
  for (const path of paths)
    block.append(protobufOfJson(Buffer.from(requestOf(await spansOf(path, format)))), 'default')
  return toRunRecords(readSpans(block.take()))
}

function describe(run: RunRecord): string[] {
  const steps = run.steps.map(
    ({ name, status, attempts, parent }) =>
      `${parent < 0 ? '' : '  '}  ${name} ${status}${attempts > 1 ? ` x${attempts}` : ''}`,
  )
  const calls = run.calls.map(({ kind, name, status }) => `  ${kind} ${name} ${status}`)
  return [`${run.flow} ${run.status} ${run.inputTokens}/${run.outputTokens} $${run.cost}`, ...steps, ...calls]
}

test('crux: a flow that waits, one that was cancelled, and an agent', async () => {
  const runs = await runsOf('crux', fixture('crux.jsonl'))
  expect(runs.flatMap(describe)).toEqual([
    'research flow suspended 120/40 $0.0007',
    '  plan ok x2',
    '  approve suspended',
    '  model gpt-4o ok',
    '  tool askHuman ok',
    'publish cancelled 0/0 $0',
    '  draft error',
    'chat ok 900/80 $0.0039',
    '  docs ok',
    '  answer ok',
    '  agent chat ok',
    '  retriever docs ok',
    '  model claude-sonnet-4-5 ok',
  ])
  expect(runs[0]).toMatchObject({
    runId: 'run_2cc8dba8a16d4b9adb515f8d',
    traceId: '35a77c4be960d1ccb93108c757946d1a',
  })
  expect(runs[1]?.steps[0]).toMatchObject({ status: 'error' })
})

test('crux: what was resumed later is the same run', async () => {
  const [run, ...others] = (
    await runsOf('crux', fixture('crux.jsonl'), fixture('crux-resumed.jsonl'))
  ).filter(({ flow }) => flow === 'research flow')
  expect(others).toEqual([])
  expect(describe(run!)).toEqual([
    'research flow ok 120/40 $0.0007',
    '  plan ok x2',
    '  approve suspended',
    '  publish ok',
    '  model gpt-4o ok',
    '  tool askHuman ok',
  ])
})

test('flow-state-dev: blocks are steps, generators call models, and a block that failed was tried again', async () => {
  const runs = await runsOf('flow-state-dev', fixture('flow-state-dev.ndjson'))
  expect(runs.flatMap(describe)).toEqual([
    'support ok 412/94 $0.0001086',
    '  classify ok',
    '  lookup ok x2',
    '  model openai/gpt-4o-mini ok',
    '  tool search ok',
  ])
  expect(runs[0]).toMatchObject({
    input: '{"question":"refund?"}',
    output: '{"topic":{"topic":"refund"},"hits":["policy"]}',
    durationNs: 1.2e9,
  })
})

test('flow-state-dev: the record of a request is its run', async () => {
  const runs = await runsOf('flow-state-dev', fixture('flow-state-dev-request.json'))
  expect(runs.flatMap(describe)).toEqual([
    'support/refund suspended 0/0 $0',
    '  refund suspended',
    '    check ok x3',
    '    approve suspended',
  ])
  expect(runs[0]).toMatchObject({ input: '{"order":"A-1"}', durationNs: 0.8e9 })
})

test('flow-state-dev: stream events patch their items, and an aborted request is cancelled', async () => {
  const block = (id: string, parent: string | undefined, more: object) => ({
    ...{
      type: 'block_trace',
      id,
      requestId: 'req_1',
      blockName: id,
      status: 'in_progress',
      startedAt: 1_000,
    },
    provenance: { blockName: id, blockInstanceId: `block ${id}`, parentBlockInstanceId: parent },
    ...more,
  })
  const event = (type: string, more: object) => ({
    stream: 'request',
    requestId: 'req_1',
    ts: 5_000,
    type,
    ...more,
  })
  const modelUsage = { model: 'ours', promptTokens: 7, completionTokens: 2 }
  const events = [
    event('request.created', { status: 'in_progress' }),
    event('item.added', { item: block('chat', undefined, {}) }),
    event('item.added', { item: block('answer', 'block chat', {}) }),
    event('content.delta', { itemId: 'answer', delta: 'Hel' }),
    event('item.updated', { itemId: 'answer', patch: { modelUsage } }),
    event('item.done', { item: block('answer', 'block chat', { status: 'completed', completedAt: 3_000 }) }),
    event('request.aborted', { status: 'aborted' }),
  ]
  const [run, ...others] = await runsOf(
    'flow-state-dev',
    await file('req_1.events.json', JSON.stringify(events)),
  )
  expect(others).toEqual([])
  expect(describe(run!)).toEqual(['chat cancelled 7/2 $0', '  answer ok', '  model ours ok'])
  expect(run).toMatchObject({ unpricedTokens: 9, durationNs: 4e9 })
})

test.each([
  ['crux', 'crux.jsonl', [8, 25]],
  ['flow-state-dev', 'flow-state-dev.ndjson', [5, 12]],
] as const)('%s: wrong lines are told, and do not stop the others', async (format, name, lines) => {
  const { wrong } = await openLogFile(fixture(name), format)
  expect(wrong.map(({ line }) => line)).toEqual(lines)
  expect(wrong[0]?.problem).toContain('is not JSON: {')
  expect(wrong[1]?.problem).toMatch(/^is not a (graph record|block_trace): /)
})

test.each(['crux.jsonl', 'flow-state-dev.ndjson', 'flow-state-dev-request.json'])(
  '%s: the same log gives the same spans, compressed or not',
  async (name) => {
    const format = name.startsWith('crux') ? 'crux' : 'flow-state-dev'
    const compressed = await file(`${name}.gz`, gzipSync(await readFile(fixture(name))))
    const spans = await spansOf(fixture(name), format)
    expect(await spansOf(compressed, format)).toEqual(spans)
    const ids = spans.map(({ text }) => JSON.parse(String(text)).spanId)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => !/^[0-9a-f]{16}$/.test(id))).toEqual([])
  },
)

test('what is no such log is named', async () => {
  const spans = await file('spans.jsonl', '{"resourceSpans":[]}\n')
  await expect(openLogFile(spans, 'crux')).rejects.toThrow(
    /spans.jsonl holds no crux log: line 1 is not a graph record: /,
  )
  await expect(openLogFile(await file('empty.jsonl', ''), 'crux')).rejects.toThrow(
    'holds no crux log: it has no entries',
  )
  await expect(openLogFile(join(directory, 'missing.jsonl'), 'crux')).rejects.toThrow(/cannot read .*ENOENT/)
  await expect(openLogFile(await file('broken.jsonl.gz', 'no gzip'), 'crux')).rejects.toThrow(/cannot read/)
  expect(() => requireLogFormat('zipkin')).toThrow(
    '--format is "zipkin", expected one of crux, flow-state-dev, or none for OTLP/JSON',
  )
})

test('crux: one bad record of a batch leaves the others, and is named with its line', async () => {
  const span = (spanId: string, startedAt: string) => ({
    ...{ type: 'span', runId: 'run_1', spanId, primitive: 'flow.step', name: spanId },
    ...{ startedAt, endedAt: '2026-11-01T10:00:01Z', status: 'ok' },
  })
  const records = [
    span('a', '2026-11-01T10:00:00Z'),
    span('b', 'yesterday'),
    span('c', '2026-11-01T10:00:00Z'),
  ]
  const path = await file('batch.jsonl', JSON.stringify({ records }))
  const { wrong } = await openLogFile(path, 'crux')
  expect(wrong).toEqual([{ line: 1, problem: expect.stringContaining('expected a time') }])
  const names = (await spansOf(path, 'crux')).map(({ text }) => JSON.parse(text.toString()).name)
  expect(names).toEqual(['a', 'c'])
})

test('flow-state-dev: one bad item of a request leaves the others, and is named with its line', async () => {
  const request = JSON.parse(await readFile(fixture('flow-state-dev-request.json'), 'utf8'))
  const whole = await spansOf(fixture('flow-state-dev-request.json'), 'flow-state-dev')
  const path = await file(
    'request.json',
    JSON.stringify({ ...request, items: [{ type: 'block_trace', id: 7 }, ...request.items] }),
  )
  const { wrong } = await openLogFile(path, 'flow-state-dev')
  expect(wrong).toEqual([{ line: 1, problem: expect.stringContaining('id') }])
  expect(await spansOf(path, 'flow-state-dev')).toEqual(whole)
})
