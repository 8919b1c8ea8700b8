import {
  type CapturedRequest,
  captureNames,
  createProjectKeys,
  type Expectation,
  readCapture,
} from '@weir/dialects/testing'
import { type Installation, startInstallation, until } from '@weir/engines/testing'
import { createStore } from '@weir/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// Every recorded request of the dialects that Weir speaks, sent to a running Weir: what the client's program did must be
// read off the runs. Many share their ids, so each is sent with the key of a project of its own; all settle together.

interface Sent {
  readonly expected: Expectation
  readonly statuses: readonly number[]
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

const clients = captureNames('otel-js-', 'genkit-', 'openinference-')
const edgeCases = captureNames('edge-')

let weir: Installation
const sent = new Map<string, Sent>()

beforeAll(async () => {
  weir = await startInstallation({ env: { WEIR_SETTLE_QUIET: '200ms' } })
  const projects = [...clients, ...edgeCases]
  const store = createStore({ url: weir.clickhouseUrl, database: 'weir' })
  const keyOf = await createProjectKeys(store, projects)
  await store.close()
  for (const project of projects) {
    const { requests, expect: expected } = readCapture(project)
    const statuses: number[] = []
    for (const request of requests) statuses.push(await send(request, keyOf(project)))
    sent.set(project, { expected, statuses })
  }
  const headers = { authorization: keyOf(projects[0]!) }
  expect((await fetch(`${weir.collectorUrl}/flush`, { method: 'POST', headers })).status).toBe(200)
})
afterAll(() => weir?.[Symbol.asyncDispose]())

async function send(
  { path, contentType, contentEncoding, raw }: CapturedRequest,
  authorization: string,
): Promise<number> {
  const response = await fetch(`${weir.collectorUrl}${path}`, {
    method: 'POST',
    headers: {
      authorization,
      'content-type': contentType,
      ...(contentEncoding === null ? {} : { 'content-encoding': contentEncoding }),
    },
    body: raw as Uint8Array<ArrayBuffer>,
  })
  return response.status
}

async function recorded(project: string): Promise<Recorded> {
  const [row] = await weir.query<Recorded>(`
    SELECT count() AS spans, uniqExact(trace_id) AS traces, countIf(status_code = 2) AS errors,
      arraySort(groupArrayIf(span_name, parent_span_id = toFixedString('', 8))) AS roots
    FROM spans FINAL WHERE project = '${project}'`)
  return row!
}

async function settled(project: string): Promise<Settled> {
  const [row] = await weir.query<Settled>(`
    SELECT count() AS runs, uniqExact(trace_id) AS traces,
      arraySort(groupUniqArrayIf(session_id, session_id != '')) AS sessions,
      arraySort(groupUniqArrayIf(user_id, user_id != '')) AS users,
      arraySort(groupUniqArrayArray(models)) AS models,
      sum(input_tokens) AS inputTokens, sum(output_tokens) AS outputTokens,
      sum(span_count) AS spans, sum(error_count) AS errors
    FROM runs FINAL WHERE project = '${project}'`)
  return row!
}

describe('recorded clients', () => {
  test.each(clients)('%s settles into the runs that its manifest describes', async (project) => {
    const { expected, statuses } = sent.get(project)!
    expect(new Set(statuses)).toEqual(new Set([200]))
    const spans = await recorded(project)
    expect(spans).toMatchObject({ spans: expected.spans, traces: expected.traces, errors: expected.errors })
    expect([...new Set(spans.roots)]).toEqual([...new Set(expected.rootNames)].sort())

    const runs = await until(
      () => settled(project),
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
  })

  test.each(Object.entries(flows))('%s settles into these steps', async (project, expected) => {
    const runs = await weir.query<Flow>(`
      SELECT flow, status, arrayZip(step_names, step_occurrences, step_attempts, step_statuses) AS steps
      FROM runs FINAL WHERE project = '${project}' ORDER BY start`)
    expect(runs).toEqual(expected)
  })
})

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

test.each(edgeCases)(
  '%s is answered as the specification says, and what was accepted settles',
  async (project) => {
    const { expected, statuses } = sent.get(project)!
    const { outcome = 'accept', spans, traces, errors, rootNames } = expected
    expect(accepted, 'an outcome that this test does not know').toHaveProperty([outcome])
    for (const status of statuses) expect(accepted[outcome]).toContain(status)
    const stored = await recorded(project)
    if (outcome.startsWith('accept')) {
      expect(stored).toMatchObject({ spans, traces, errors })
      expect(stored.roots).toEqual([...rootNames].sort())
    }
    if (!statuses.includes(200)) expect(stored.spans).toBe(0)
    const runs = await until(
      () => settled(project),
      (state) => state.spans === stored.spans,
    )
    expect(runs.traces).toBe(stored.traces)
  },
)
