import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Installation, repository, startInstallation, until } from '@weir/engines/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OrderServer, orderServer } from './order-server.ts'

// Flows that servers offer are run, and their runs get their signals, through the dashboard's routes.

let directory: string
let orders: OrderServer
let weir: Installation
let genkit: { readonly url: string; stop(): void }

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-orders-'))
  orders = await orderServer(directory)
  genkit = await startGenkit(directory)
  weir = await startInstallation({
    env: {
      ...orders.env,
      WEIR_FLOW_SERVERS: `${orders.url},${genkit.url}`,
      WEIR_SETTLE_QUIET: '200ms',
    },
  })
  await orders.start(weir.env)
})
afterAll(async () => {
  await orders?.kill()
  genkit?.stop()
  await weir?.[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

/** The support desk of the examples in development mode, which says in a file where it is. */
async function startGenkit(cwd: string): Promise<typeof genkit> {
  await writeFile(join(cwd, 'package.json'), '{}')
  const app = pathToFileURL(join(repository, 'examples', 'dist', 'genkit', 'app.js')).href
  const program = `import { createSupportDesk } from ${JSON.stringify(app)}
    createSupportDesk({ random: () => 0.5, speed: 10 })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd,
    env: { ...process.env, GENKIT_ENV: 'dev' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const runtimes = join(cwd, '.genkit', 'runtimes')
  const [file] = await until(
    () => readdir(runtimes),
    (files) => files.length > 0,
  )
  const { reflectionServerUrl } = JSON.parse(await readFile(join(runtimes, file!), 'utf8')) as {
    reflectionServerUrl: string
  }
  return {
    url: reflectionServerUrl.replace('localhost', '127.0.0.1'),
    stop: () => child.kill('SIGKILL'),
  }
}

/** As the browser names a server. */
const served = (url: string) =>
  `${weir.dashboardUrl}/api/served/${encodeURIComponent(url.replaceAll('/', '~2F'))}`

function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

/** Events until one of this name, or the end. */
async function readUntil(response: Response, last: string): Promise<string[]> {
  const events: string[] = []
  let text = ''
  for await (const bytes of response.body!.pipeThrough(new TextDecoderStream())) {
    text += bytes
    const parts = text.split('\n\n')
    text = parts.pop()!
    events.push(...parts)
    if (parts.some((part) => part.startsWith(`event: ${last}\n`))) break
  }
  return events
}

const dataOf = (event: string | undefined) => JSON.parse(event!.split('\ndata: ')[1]!) as never

describe('a flow that waits for a human', () => {
  let runId: string
  const run = () => `${served(orders.url)}/runs/${runId}`
  const view = async () => (await fetch(run())).json() as Promise<{ status: string }>

  test('is run, streams, and waits', async () => {
    const response = await post(`${served(orders.url)}/flows/order`, {
      input: { item: 'book' },
      session: 'shop',
      metadata: { by: 'a test' },
    })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const [started, chunk] = await readUntil(response, 'chunk')
    runId = (dataOf(started) as { runId: string }).runId
    expect(dataOf(chunk)).toContain('1 x book reserved')
    const suspended = await until(view, ({ status }) => status === 'suspended')
    expect(suspended).toMatchObject({
      flow: 'order',
      waitingFor: [{ signal: 'approval', until: expect.any(String) }],
      steps: [{ label: 'reserve', status: 'ok' }],
    })
  })

  const stored = () =>
    weir.query<Record<string, unknown>>(
      `SELECT status, length(trace_ids) AS traces, step_names AS steps, session_id AS session FROM runs FINAL WHERE run_id = '${runId}'`,
    )

  test('a server that was killed is named, with what to do', async () => {
    // What was not sent when a process is killed is not known to anybody.
    await until(stored, ([row]) => row?.status === 'suspended')
    await orders.kill()
    const answer = await fetch(run())
    expect(answer.status).toBe(502)
    expect(await answer.json()).toMatchObject({
      error: {
        message: `${orders.url} does not answer: nothing listens there. Start it, or take it out of WEIR_FLOW_SERVERS.`,
      },
    })
    await until(
      async () => (await fetch(`${weir.dashboardUrl}/served`)).text(),
      (page) => page.includes('nothing listens there'),
    )
  })

  test('another process takes the run up once it is approved; no step happens twice', async () => {
    await orders.start(weir.env)
    expect(await until(view, ({ status }) => status !== undefined)).toMatchObject({ status: 'suspended' })
    const wrong = await post(`${run()}/signals/approval`, { value: { approved: 'yes' } })
    expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('approved')])
    const sent = await post(`${run()}/signals/approval`, { value: { approved: true, by: 'Ada' }, id: '1' })
    expect(sent.status).toBe(202)
    await until(view, ({ status }) => status === 'ok')
    const [ended] = await until(stored, ([row]) => row?.status === 'ok')
    expect(ended).toMatchObject({ traces: 2, steps: ['reserve', 'charge'], session: 'shop' })
  })

  test('a run that waits is cancelled', async () => {
    const response = await post(`${served(orders.url)}/flows/order`, { input: { item: 'pen' } })
    const [started] = await readUntil(response, 'chunk')
    runId = (dataOf(started) as { runId: string }).runId
    expect((await fetch(run(), { method: 'DELETE' })).status).toBe(200)
    await until(view, ({ status }) => status === 'cancelled')
  })
})

test('a flow of Genkit is run by its reflection server', async () => {
  const page = await (await fetch(`${weir.dashboardUrl}/served`)).text()
  expect(page).toContain('answerTicket')
  const flow = `${served(genkit.url)}/flows/${encodeURIComponent('~2Fflow~2FanswerTicket')}`
  const events = await readUntil(await post(flow, { input: { ticket: 'Where is #1?' } }), 'output')
  expect(dataOf(events[0])).toEqual({ runId: expect.stringMatching(/^[0-9a-f]{32}$/) })
  expect(dataOf(events.at(-1))).toEqual(expect.any(String))
  const [error] = (await readUntil(await post(flow, { input: { ticket: 1 } }), 'error')).slice(-1)
  expect(dataOf(error)).toMatchObject({ message: expect.stringContaining('must be string') })
})

describe('the dashboard refuses', () => {
  const flow = () => `${served(orders.url)}/flows/order`
  test('pages of another site', async () => {
    expect((await post(flow(), {}, { origin: 'http://evil.example' })).status).toBe(403)
  })

  test('what is no JSON, and too much of it', async () => {
    expect((await post(flow(), {}, { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await post(flow(), { input: 'x'.repeat(1024 * 1024) })).status).toBe(413)
  })

  test('servers that nobody named', async () => {
    const answer = await post(`${served(weir.collectorUrl)}/flows/order`, {})
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('WEIR_FLOW_SERVERS')])
  })
})
