import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { createScratchProject, freePorts, type ScratchProject, until } from '@weir/engines/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ReceivedSpan, type Receiver, receive } from '../testing.ts'
import { hasEnded, tree } from './program.ts'

const NEXT = 'node_modules/next/dist/bin/next'

let project: ScratchProject

beforeAll(async () => {
  project = await createScratchProject({
    ours: ['sdk'],
    dependencies: {
      '@opentelemetry/api': '1.9.1',
      // Brings version 1.9.0 of the API.
      ai: '5.0.277',
      next: '16.4.6',
      react: '19.3.1',
      'react-dom': '19.3.1',
      zod: '4.6.7',
    },
    files: 'sdk/fixtures/next',
  })
  await promisify(execFile)(process.execPath, [NEXT, 'build'], { cwd: project.directory, env: environment() })
})

afterAll(() => project?.[Symbol.asyncDispose]())

function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    NEXT_TELEMETRY_DISABLED: '1',
    NO_COLOR: '1',
    NODE_ENV: 'production',
    ...more,
  }
}

interface Application extends AsyncDisposable {
  readonly url: string
  /** What it has sent to Weir so far. */
  spans(): ReceivedSpan[]
}

async function start(more: NodeJS.ProcessEnv = {}): Promise<Application> {
  const receiver: Receiver = await receive()
  const [port] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const server = spawn(process.execPath, [NEXT, 'start', '-H', '127.0.0.1', '-p', String(port)], {
    cwd: project.directory,
    env: environment({ WEIR_ENDPOINT: receiver.url, ...more }),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await until(
    () =>
      fetch(url).then(
        ({ ok }) => ok,
        () => false,
      ),
    (ok) => ok,
  )
  return {
    url,
    spans: () => receiver.requests.flatMap(({ spans }) => spans).filter(hasEnded),
    async [Symbol.asyncDispose]() {
      server.kill('SIGTERM')
      await once(server, 'close')
      await receiver[Symbol.asyncDispose]()
    },
  }
}

async function post(url: string, body?: string): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: 'Bearer secret-token', cookie: 'session=secret-cookie' },
    ...(body === undefined ? {} : { body }),
  })
  expect(response.status).toBe(200)
  return response.json()
}

/** Sends the form of a page as a browser without JavaScript does. */
async function submit(url: string, fields: Record<string, string>): Promise<void> {
  const page = await (await fetch(url)).text()
  const form = new FormData()
  for (const [, action] of page.matchAll(/name="(\$ACTION_ID_[^"]+)"/g)) form.set(action!, '')
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  const response = await fetch(url, { method: 'POST', body: form, headers: { origin: url } })
  expect(response.status).toBe(200)
}

test('route handlers, server actions and the edge runtime have runs of their own; what Next traces has none', async () => {
  await using application = await start()
  const { url } = application
  expect(await Promise.all([post(`${url}/api/orders`, 'one'), post(`${url}/api/orders`, 'two')])).toEqual([
    { answer: 'yes' },
    { answer: 'yes' },
  ])
  await post(`${url}/api/plain`)
  await post(`${url}/api/edge?token=secret-query`)
  await submit(url, { item: 'ink' })

  await expect
    .poll(() => tree(application.spans()))
    .toEqual([
      'ai.generateText < answer',
      'ai.generateText < answer',
      'ai.generateText.doGenerate < ai.generateText',
      'ai.generateText.doGenerate < ai.generateText',
      'answer < ask',
      'answer < ask',
      'ask',
      'ask',
      'on edge',
      'store < submit',
      'submit',
      'work < on edge',
    ])
  const spans = application.spans()
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(4)
  expect(spans.find(({ name }) => name === 'submit')?.attributes['input.value']).toBe('ink')
  expect(spans.find(({ name }) => name === 'work')?.attributes['input.value']).toMatch(
    /^"\[\w+ POST \/api\/edge\]"$/,
  )
  expect(JSON.stringify(spans)).not.toContain('secret')
})

test('what Next traces is there for who asks for it', async () => {
  await using application = await start({ FRAMEWORK_SPANS: '1' })
  await post(`${application.url}/api/orders`, 'one')
  await expect
    .poll(() => tree(application.spans()))
    .toEqual(expect.arrayContaining(['answer < ask', expect.stringMatching(/^ask < executing api route/)]))
})
