import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, type Installation, repository, startInstallation } from './installation.ts'

// Every recorded request of the dialects that Weir speaks, sent to a running Weir: what the client's program did must be
// read off the runs. Trace ids are taken from the stored spans, because the manifests describe traces, not ids.

interface Manifest {
  readonly requests: readonly CapturedRequest[]
  readonly expect: {
    readonly outcome?: string
    readonly traces: number
    readonly spans: number
    readonly rootNames: readonly string[]
    readonly sessionIds: readonly string[]
    readonly userIds: readonly string[]
    readonly models: readonly string[]
    readonly inputTokens: number
    readonly outputTokens: number
    readonly errors: number
  }
}

interface CapturedRequest {
  readonly file?: string
  readonly rawFile?: string
  readonly path: string
  readonly contentType: string
  readonly contentEncoding: string | null
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

const captures = join(repository, 'fixtures', 'captures')
const scenarios = readdirSync(captures).filter((name) => /^(otel-js|genkit|openinference|edge)-/.test(name))

let weir: Installation
beforeAll(async () => {
  weir = await startInstallation({ env: { WEIR_SETTLE_QUIET: '200ms' } })
})
afterAll(() => weir?.[Symbol.asyncDispose]())

/** Each scenario gets a project's worth of isolation from its own clean tables. */
async function clear(): Promise<void> {
  for (const table of ['spans', 'runs', 'run_minutes', 'step_minutes'])
    await weir.query(`TRUNCATE TABLE ${table}`)
}

async function send(scenario: string, request: CapturedRequest): Promise<Response> {
  const file = request.rawFile ?? request.file!
  return fetch(`${weir.collectorUrl}${request.path}`, {
    method: 'POST',
    headers: {
      'content-type': request.contentType,
      ...(request.rawFile && request.contentEncoding ? { 'content-encoding': request.contentEncoding } : {}),
    },
    body: readFileSync(join(captures, scenario, file)),
  })
}

async function sendAll(scenario: string): Promise<{ manifest: Manifest; responses: Response[] }> {
  await clear()
  const manifest = JSON.parse(readFileSync(join(captures, scenario, 'manifest.json'), 'utf8')) as Manifest
  const responses: Response[] = []
  for (const request of manifest.requests) responses.push(await send(scenario, request))
  return { manifest, responses }
}

async function recorded(): Promise<Recorded> {
  const [row] = await weir.query<Recorded>(`
    SELECT count() AS spans, uniqExact(trace_id) AS traces, countIf(status_code = 2) AS errors,
      arraySort(groupArrayIf(span_name, parent_span_id = toFixedString('', 8))) AS roots
    FROM spans FINAL`)
  return row!
}

async function settled(): Promise<Settled> {
  const [row] = await weir.query<Settled>(`
    SELECT count() AS runs, uniqExact(trace_id) AS traces,
      arraySort(groupUniqArrayIf(session_id, session_id != '')) AS sessions,
      arraySort(groupUniqArrayIf(user_id, user_id != '')) AS users,
      arraySort(groupUniqArrayArray(models)) AS models,
      sum(input_tokens) AS inputTokens, sum(output_tokens) AS outputTokens,
      sum(span_count) AS spans, sum(error_count) AS errors
    FROM runs FINAL`)
  return row!
}

describe.each(scenarios.filter((name) => !name.startsWith('edge-')))('%s', (scenario) => {
  test('settles into the runs that its manifest describes', async () => {
    const { manifest, responses } = await sendAll(scenario)
    expect(responses.map((response) => response.status)).toEqual(manifest.requests.map(() => 200))
    const expected = manifest.expect
    const spans = await recorded()
    expect(spans).toMatchObject({ spans: expected.spans, traces: expected.traces, errors: expected.errors })
    expect([...new Set(spans.roots)]).toEqual([...new Set(expected.rootNames)].sort())

    const runs = await eventually(settled, (state) => state.spans === expected.spans)
    expect(runs).toMatchObject({
      traces: expected.traces,
      sessions: [...expected.sessionIds].sort(),
      users: [...expected.userIds].sort(),
      inputTokens: expected.inputTokens,
      outputTokens: expected.outputTokens,
    })
    // A provider may answer with a dated name of the model that was asked for.
    for (const model of expected.models) expect(runs.models.some((name) => name.startsWith(model))).toBe(true)
    if (expected.models.length === 0) expect(runs.models).toEqual([])
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

describe.each(scenarios.filter((name) => name.startsWith('edge-')))('%s', (scenario) => {
  test('is answered as the specification says, and what was accepted settles', async () => {
    const { manifest, responses } = await sendAll(scenario)
    const { outcome = 'accept', spans, traces, errors, rootNames } = manifest.expect
    expect(accepted, `an outcome that this test does not know`).toHaveProperty([outcome])
    for (const response of responses) expect(accepted[outcome]).toContain(response.status)
    const stored = await recorded()
    if (outcome.startsWith('accept')) {
      expect(stored).toMatchObject({ spans, traces, errors })
      expect(stored.roots).toEqual([...rootNames].sort())
    }
    const runs = await eventually(settled, (state) => state.spans === stored.spans)
    expect(runs.traces).toBe(stored.traces)
  })
})
