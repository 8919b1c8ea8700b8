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

// Every recorded request of every client, sent to a running Weir: what the client's program did must be read off the runs. Many share their ids, so each is sent with the key of a project of its own; all settle together.

interface Sent {
  readonly client: string
  readonly expected: Expectation
  readonly statuses: readonly number[]
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
  readonly models: string[]
  readonly inputTokens: number
  readonly outputTokens: number
  readonly spans: number
  readonly errors: number
}

/** What older manifests say in words. */
const inWords: Record<string, readonly string[]> = {
  'genkit-live-twostep-json': ['researchFlow ok: gather-facts, summarize'],
  'genkit-recorded-manualretry': ['manualRetryFlow ok: flaky x3'],
  'genkit-live-parallel-proto': ['parallelFlow ok: branch, branch, branch'],
  'genkit-live-failstep-proto': ['errorFlow error: ok-step, bad-step:error'],
  'genkit-live-agent2turns-proto': ['assistant ok: runTurn-1', 'assistant ok: runTurn-1'],
  'genkit-recorded-failingagent': ['failingAgent error: runTurn-1:error'],
  'genkit-live-toolloop-proto': ['travelPlanner ok: generate'],
  'otel-js-3-proto-outoforder': ['late-root ok: early-child-0, early-child-1, early-child-2'],
}

const edgeCases = captureNames('edge-')
const clients = captureNames('').filter((name) => !edgeCases.includes(name))

let weir: Installation
const sent = new Map<string, Sent>()

beforeAll(async () => {
  weir = await startInstallation({ env: { WEIR_SETTLE_QUIET: '200ms' } })
  const projects = [...clients, ...edgeCases]
  const store = createStore({ url: weir.clickhouseUrl, database: 'weir' })
  const keyOf = await createProjectKeys(store, projects)
  await store.close()
  for (const project of projects) {
    const { client, requests, expect: expected } = readCapture(project)
    const statuses: number[] = []
    for (const request of requests) statuses.push(await send(request, keyOf(project)))
    sent.set(project, { client, expected, statuses })
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
      arraySort(groupUniqArrayArray(models)) AS models,
      sum(input_tokens) AS inputTokens, sum(output_tokens) AS outputTokens,
      sum(span_count) AS spans, sum(error_count) AS errors
    FROM runs FINAL WHERE project = '${project}'`)
  return row!
}

/** Sessions and users of spans: an agent that another one calls may have a session of its own, but is in that one's run. */
async function people(project: string): Promise<{ sessions: string[]; users: string[] }> {
  const [row] = await weir.query<{ sessions: string[]; users: string[] }>(`
    SELECT arraySort(groupUniqArrayIf(session_id, session_id != '')) AS sessions,
      arraySort(groupUniqArrayIf(user_id, user_id != '')) AS users
    FROM spans FINAL WHERE project = '${project}'`)
  return row!
}

/** The runs in words, like `flow status: step, step:error, step x3`. */
async function runsOf(project: string): Promise<string[]> {
  const runs = await weir.query<{ run: string }>(`
    SELECT concat(flow, ' ', status, ': ', arrayStringConcat(arrayMap((name, state, attempts) ->
      concat(name, if(state = 'ok', '', concat(':', state)), if(attempts = 1, '', concat(' x', toString(attempts)))),
      step_names, step_statuses, step_attempts), ', ')) AS run
    FROM runs FINAL WHERE project = '${project}'`)
  return runs.map(({ run }) => run).sort()
}

/** Client, recordings, and what came out of them. */
const held = new Map<string, { recordings: number; spans: number; runs: number; steps: number }>()

describe('recorded clients', () => {
  test.each(clients)('%s settles into the runs that its manifest describes', async (project) => {
    const { client, expected, statuses } = sent.get(project)!
    expect(new Set(statuses)).toEqual(new Set([200]))
    const spans = await recorded(project)
    expect(spans).toMatchObject({ spans: expected.spans, traces: expected.traces, errors: expected.errors })
    expect([...new Set(spans.roots)]).toEqual([...new Set(expected.rootNames)].sort())

    const state = await until(
      () => settled(project),
      ({ spans: settledSpans }) => settledSpans === expected.spans,
    )
    expect(state).toMatchObject({
      traces: expected.traces,
      inputTokens: expected.inputTokens,
      outputTokens: expected.outputTokens,
    })
    expect(await people(project)).toEqual({
      sessions: [...expected.sessionIds].sort(),
      users: [...expected.userIds].sort(),
    })
    // An agent that says so in its output has failed too, whatever its span's status is.
    if (expected.runs === undefined) expect(state.errors).toBeGreaterThanOrEqual(expected.errors)
    if (expected.responseModels !== undefined)
      expect(state.models).toEqual([...expected.responseModels].sort())
    else {
      // A provider may answer with a dated name of the model that was asked for.
      for (const model of expected.models)
        expect(state.models.filter((name) => name.startsWith(model))).toHaveLength(1)
      expect(state.models).toHaveLength(expected.models.length)
    }
    const runs = await runsOf(project)
    const words =
      expected.runs?.map(({ flow, status, steps }) => `${flow} ${status}: ${steps.join(', ')}`) ??
      inWords[project]
    if (words !== undefined) expect(runs).toEqual(words.toSorted())
    const sum = held.get(client) ?? { recordings: 0, spans: 0, runs: 0, steps: 0 }
    sum.recordings += 1
    sum.spans += state.spans
    sum.runs += state.runs
    sum.steps += runs.reduce((count, run) => count + (run.endsWith(': ') ? 0 : run.split(', ').length), 0)
    held.set(client, sum)
  })
  afterAll(() => {
    const rows = [...held].sort(([a], [b]) => (a < b ? -1 : 1))
    for (const [client, counts] of rows) console.log(`${client}: ${describeCounts(counts)}`)
  })
})

function describeCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ')
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
