import { type CapturedRequest, captureNames, type Expectation, readCapture } from '@weir/dialects/testing'
import { until } from '@weir/engines/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Installation, startInstallation } from './installation.ts'

// Every recorded request of the dialects that Weir speaks, sent to a running Weir: what the client's program did must be
// read off the runs. Trace ids are taken from the stored spans, because the manifests describe traces, not ids.

interface Sent {
  readonly expected: Expectation
  readonly statuses: readonly number[]
  /** Ids of the traces that it added. */
  readonly traces: readonly string[]
}

interface Flow {
  readonly flow: string
  readonly status: string
  /** Name, occurrence, attempts, status. */
  readonly steps: readonly (readonly [string, number, number, string])[]
}

interface Recorded {
  readonly spans: number
  readonly traces: number
  readonly errors: number
  readonly roots: string[]
}

interface Settled {
  readonly runs: number
  readonly traces: number
  readonly sessions: string[]
  readonly users: string[]
  readonly models: string[]
  readonly inputTokens: number
  readonly outputTokens: number
  readonly spans: number
  readonly errors: number
}

/** What the manifests say in words. */
const flows: Record<string, readonly Flow[]> = {
  'genkit-live-twostep-json': [
    {
      flow: 'researchFlow',
      status: 'ok',
      steps: [
        ['gather-facts', 0, 1, 'ok'],
        ['summarize', 0, 1, 'ok'],
      ],
    },
  ],
  'genkit-recorded-manualretry': [{ flow: 'manualRetryFlow', status: 'ok', steps: [['flaky', 0, 3, 'ok']] }],
  'genkit-live-parallel-proto': [
    {
      flow: 'parallelFlow',
      status: 'ok',
      steps: [
        ['branch', 0, 1, 'ok'],
        ['branch', 1, 1, 'ok'],
        ['branch', 2, 1, 'ok'],
      ],
    },
  ],
  'genkit-live-failstep-proto': [
    {
      flow: 'errorFlow',
      status: 'error',
      steps: [
        ['ok-step', 0, 1, 'ok'],
        ['bad-step', 0, 1, 'error'],
      ],
    },
  ],
  'genkit-live-agent2turns-proto': [
    { flow: 'assistant', status: 'ok', steps: [['runTurn-1', 0, 1, 'ok']] },
    { flow: 'assistant', status: 'ok', steps: [['runTurn-1', 0, 1, 'ok']] },
  ],
  'genkit-recorded-failingagent': [
    { flow: 'failingAgent', status: 'error', steps: [['runTurn-1', 0, 1, 'error']] },
  ],
  'genkit-live-toolloop-proto': [{ flow: 'travelPlanner', status: 'ok', steps: [['generate', 0, 1, 'ok']] }],
  'otel-js-3-proto-outoforder': [
    {
      flow: 'late-root',
      status: 'ok',
      steps: [
        ['early-child-0', 0, 1, 'ok'],
        ['early-child-1', 0, 1, 'ok'],
        ['early-child-2', 0, 1, 'ok'],
      ],
    },
  ],
}

let weir: Installation
beforeAll(async () => {
  weir = await startInstallation({ env: { WEIR_SETTLE_QUIET: '200ms' } })
})
afterAll(() => weir?.[Symbol.asyncDispose]())

async function send({ path, contentType, contentEncoding, raw }: CapturedRequest): Promise<number> {
  const response = await fetch(`${weir.collectorUrl}${path}`, {
    method: 'POST',
    headers: {
      'content-type': contentType,
      ...(contentEncoding === null ? {} : { 'content-encoding': contentEncoding }),
    },
    body: raw as Uint8Array<ArrayBuffer>,
  })
  return response.status
}

async function sendAll(scenario: string): Promise<Sent> {
  const { requests, expect: expected } = readCapture(scenario)
  const before = new Set(await traceIds())
  const statuses: number[] = []
  for (const request of requests) statuses.push(await send(request))
  expect((await fetch(`${weir.collectorUrl}/flush`, { method: 'POST' })).status).toBe(200)
  return { expected, statuses, traces: (await traceIds()).filter((id) => !before.has(id)) }
}

async function traceIds(): Promise<string[]> {
  const found = await weir.query<{ id: string }>('SELECT DISTINCT hex(trace_id) AS id FROM spans')
  return found.map(({ id }) => id)
}

async function recorded(traces: readonly string[]): Promise<Recorded> {
  const [row] = await weir.query<Recorded>(`
    SELECT count() AS spans, uniqExact(trace_id) AS traces, countIf(status_code = 2) AS errors,
      arraySort(groupArrayIf(span_name, parent_span_id = toFixedString('', 8))) AS roots
    FROM spans FINAL WHERE hex(trace_id) IN ${list(traces)}`)
  return row!
}

async function settled(traces: readonly string[]): Promise<Settled> {
  const [row] = await weir.query<Settled>(`
    SELECT count() AS runs, uniqExact(trace_id) AS traces,
      arraySort(groupUniqArrayIf(session_id, session_id != '')) AS sessions,
      arraySort(groupUniqArrayIf(user_id, user_id != '')) AS users,
      arraySort(groupUniqArrayArray(models)) AS models,
      sum(input_tokens) AS inputTokens, sum(output_tokens) AS outputTokens,
      sum(span_count) AS spans, sum(error_count) AS errors
    FROM runs FINAL WHERE hex(trace_id) IN ${list(traces)}`)
  return row!
}

function list(traces: readonly string[]): string {
  return `(${traces.map((id) => `'${id}'`).join(', ') || "''"})`
}

/** These have a parent in a trace that they share. */
const sharing = captureNames('otel-js-').filter((name) => /^otel-js-.*-basic/.test(name))
const clients = captureNames('otel-js-', 'genkit-', 'openinference-').filter(
  (name) => !sharing.includes(name),
)

describe('recorded clients', () => {
  const sent = new Map<string, Sent>()
  // Their trace ids are random, so all may be there at once and settle together.
  beforeAll(async () => {
    for (const scenario of clients) sent.set(scenario, await sendAll(scenario))
  })

  test.each(clients)('%s settles into the runs that its manifest describes', (scenario) =>
    expectRuns(sent.get(scenario)!),
  )
  test.each(Object.entries(flows))('%s settles into these steps', async (scenario, expected) => {
    const { traces } = sent.get(scenario)!
    const runs = await weir.query<Flow>(`
      SELECT flow, status, arrayZip(step_names, step_occurrences, step_attempts, step_statuses) AS steps
      FROM runs FINAL WHERE hex(trace_id) IN ${list(traces)} ORDER BY start`)
    expect(runs).toEqual(expected)
  })
})

async function expectRuns({ expected, statuses, traces }: Sent): Promise<void> {
  expect(new Set(statuses)).toEqual(new Set([200]))
  const spans = await recorded(traces)
  expect(spans).toMatchObject({ spans: expected.spans, traces: expected.traces, errors: expected.errors })
  expect([...new Set(spans.roots)]).toEqual([...new Set(expected.rootNames)].sort())

  const runs = await until(
    () => settled(traces),
    (state) => state.spans === expected.spans,
  )
  expect(runs).toMatchObject({
    traces: expected.traces,
    sessions: [...expected.sessionIds].sort(),
    users: [...expected.userIds].sort(),
    inputTokens: expected.inputTokens,
    outputTokens: expected.outputTokens,
  })
  // An agent that says so in its output has failed too, whatever its span's status is.
  expect(runs.errors).toBeGreaterThanOrEqual(expected.errors)
  // A provider may answer with a dated name of the model that was asked for.
  for (const model of expected.models) expect(runs.models.some((name) => name.startsWith(model))).toBe(true)
  if (expected.models.length === 0) expect(runs.models).toEqual([])
}

const accepted: Record<string, readonly number[]> = {
  accept: [200],
  'accept-drop-invalid': [200],
  'reject-400': [400],
  'reject-400 (null/[]/5 must not crash)': [400],
  'reject-400-or-drop': [200, 400],
  'reject-413-or-400': [400, 413],
  'reject-415-or-400': [400, 415],
  'reject-415-or-accept': [200, 415],
  'reject-400-or-accept-0-spans': [200, 400],
  'implementation-defined': [200, 400],
}

describe('requests that share their ids, each with empty tables', () => {
  beforeEach(async () => {
    for (const table of ['spans', 'runs']) await weir.query(`TRUNCATE TABLE ${table}`)
  })

  test.each(sharing)('%s settles into the runs that its manifest describes', async (scenario) =>
    expectRuns(await sendAll(scenario)),
  )

  test.each(captureNames('edge-'))(
    '%s is answered as the specification says, and what was accepted settles',
    async (scenario) => {
      const { expected, statuses, traces: ids } = await sendAll(scenario)
      const { outcome = 'accept', spans, traces, errors, rootNames } = expected
      expect(accepted, 'an outcome that this test does not know').toHaveProperty([outcome])
      for (const status of statuses) expect(accepted[outcome]).toContain(status)
      const stored = await recorded(ids)
      if (outcome.startsWith('accept')) {
        expect(stored).toMatchObject({ spans, traces, errors })
        expect(stored.roots).toEqual([...rootNames].sort())
      }
      if (!statuses.includes(200)) expect(stored.spans).toBe(0)
      const runs = await until(
        () => settled(ids),
        (state) => state.spans === stored.spans,
      )
      expect(runs.traces).toBe(stored.traces)
    },
  )
})
