import {
  type Capture,
  captureNames,
  createProjectKeys,
  type Expectation,
  readCapture,
} from '@weir/dialects/testing'
import { testDatabase } from '@weir/engines/testing'
import { rows, type Store } from '@weir/store'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Collector } from './collector.ts'
import { createTestStore, type TestStore } from './testing/database.ts'
import { startTestCollector } from './testing/start-collector.ts'

const edgeCases = captureNames('edge-').map(readCapture)
const recorded = captureNames('')
  .filter((name) => !name.startsWith('edge-'))
  .map(readCapture)

interface Answers {
  /** HTTP status codes. */
  readonly statuses: readonly number[]
  readonly rejected: number
}

let store: TestStore
const answers = new Map<string, Answers>()
let stored: Partial<Record<string, StoredSpan[]>>

/** Each capture is a project of its own. */
beforeAll(async () => {
  store = await createTestStore(inject('clickhouseUrl'), testDatabase())
  const captures = [...recorded, ...edgeCases]
  const keyOf = await createProjectKeys(
    store,
    captures.map(({ name }) => name),
  )
  const collector = await startTestCollector({ store })
  for (const capture of captures)
    answers.set(capture.name, await send(collector, capture, keyOf(capture.name)))
  await collector.close()
  stored = Object.groupBy(await storedSpans(store), ({ project }) => project)
})
afterAll(() => store?.drop())

const resultOf = ({ name }: Capture) => ({ ...answers.get(name)!, spans: stored[name] ?? [] })

describe('recorded clients', () => {
  test.for(recorded)('$name', (capture) => {
    const { statuses, spans } = resultOf(capture)
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(summary(spans)).toEqual(expected(capture.expect))
    expect(distinct(spans, 'session_id')).toEqual([...capture.expect.sessionIds].sort())
    expect(distinct(spans, 'user_id')).toEqual([...capture.expect.userIds].sort())
    // A provider may answer with a dated name of the model that was asked for.
    for (const model of capture.expect.responseModels ?? capture.expect.models)
      expect(distinct(spans, 'model').some((found) => found.startsWith(model))).toBe(true)
    expect(leafSum(spans, 'input_tokens')).toBe(capture.expect.inputTokens)
    expect(leafSum(spans, 'output_tokens')).toBe(capture.expect.outputTokens)
    expect(spans.filter((span) => span.exceptions > 0)).toHaveLength(capture.expect.exceptionSpans ?? 0)
  })
})

describe('edge cases', () => {
  test.for(edgeCases)('$name', (capture) => {
    const { name } = capture
    const outcome = capture.expect.outcome ?? ''
    const { statuses, spans, rejected } = resultOf(capture)
    for (const status of statuses) expect([200, 400, 413, 415]).toContain(status)
    if (outcome.startsWith('reject')) {
      for (const status of statuses) expect(allowed(outcome)).toContain(status)
    } else if (outcome.startsWith('accept')) {
      expect(new Set(statuses)).toEqual(new Set([200]))
      expect(rejected).toBe(capture.expect.invalidIdSpans)
    }
    if (!statuses.includes(200)) expect(spans).toEqual([])
    else if (name !== 'edge-json-not-json') expect(summary(spans)).toEqual(expected(capture.expect))
    if (capture.expect.sessionIds.length > 0) {
      expect(capture.expect.sessionIds[0]!.split('|')).toContain(distinct(spans, 'session_id')[0])
    }
  })
})

interface StoredSpan {
  readonly project: string
  readonly trace: string
  readonly span: string
  readonly parent: string
  readonly span_name: string
  readonly status: string
  readonly status_code: number
  readonly session_id: string
  readonly user_id: string
  readonly model: string
  readonly input_tokens: number
  readonly output_tokens: number
  readonly exceptions: number
}

async function send({ url }: Collector, { requests }: Capture, authorization: string): Promise<Answers> {
  const statuses: number[] = []
  let rejected = 0
  for (const { contentType, contentEncoding, raw } of requests) {
    const headers = {
      authorization,
      'content-type': contentType,
      ...(contentEncoding && { 'content-encoding': contentEncoding }),
    }
    const response = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body: new Uint8Array(raw) })
    statuses.push(response.status)
    rejected += rejectedIn(Buffer.from(await response.arrayBuffer()), contentType, response.status)
  }
  return { statuses, rejected }
}

/** `rejected_spans` of a response; the counts and lengths of these cases are varints of one byte. */
function rejectedIn(body: Buffer, contentType: string, status: number): number {
  if (status !== 200 || body.length === 0) return 0
  if (contentType.includes('json')) return Number(JSON.parse(String(body)).partialSuccess?.rejectedSpans ?? 0)
  expect([...body.subarray(0, 3)]).toEqual([0x0a, body.length - 2, 0x08])
  return body[3]!
}

function storedSpans(from: Store): Promise<StoredSpan[]> {
  return rows<StoredSpan>(
    from,
    `SELECT project, lower(hex(trace_id)) AS trace, lower(hex(span_id)) AS span, lower(hex(parent_span_id)) AS parent, span_name,
       status, status_code, session_id, user_id, model, input_tokens, output_tokens,
       countSubstrings(events, '"name":"exception"') AS exceptions
     FROM spans FINAL`,
  )
}

function summary(spans: readonly StoredSpan[]) {
  return {
    traces: new Set(spans.map(({ trace }) => trace)).size,
    spans: spans.length,
    rootNames: spans
      .filter(({ parent }) => /^0+$/.test(parent))
      .map(({ span_name }) => span_name)
      .sort(),
    errors: spans.filter(({ status_code }) => status_code === 2).length,
  }
}

function expected({ traces, spans, rootNames, errors }: Expectation) {
  return { traces, spans, rootNames: [...rootNames].sort(), errors }
}

function distinct(spans: readonly StoredSpan[], column: 'session_id' | 'user_id' | 'model'): string[] {
  return [...new Set(spans.map((span) => span[column]))].filter((value) => value !== '').sort()
}

/** The sum over spans with usage that have no descendant with usage: wrappers repeat what is below them. */
function leafSum(spans: readonly StoredSpan[], column: 'input_tokens' | 'output_tokens'): number {
  const byId = new Map(spans.map((span) => [span.span, span]))
  const wrappers = new Set<string>()
  for (const span of spans.filter((each) => each[column] > 0)) {
    for (let above = byId.get(span.parent); above !== undefined; above = byId.get(above.parent)) {
      if (wrappers.has(above.span)) break
      wrappers.add(above.span)
    }
  }
  return spans.filter(({ span }) => !wrappers.has(span)).reduce((sum, span) => sum + span[column], 0)
}

/** Status codes that an outcome like `reject-413-or-400` allows; `accept` and `drop` allow 200. */
function allowed(outcome: string): number[] {
  const codes = [...outcome.matchAll(/\b[45]\d\d\b/g)].map(([code]) => Number(code))
  return /accept|drop/.test(outcome) ? [...codes, 200] : codes
}
