import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { z } from 'zod'
import { flow, TerminalError, UsageError } from '../index.ts'
import { readAll, record } from '../testing.ts'
import { client, RemoteFlowError } from './client.ts'
import { type Access, serve } from './serve.ts'

let stopped: unknown
const flows = {
  double: flow('double', { version: '2', input: z.object({ n: z.number() }), output: z.number() }, ({ n }) =>
    flow.step('multiply', () => n * 2),
  ),
  chat: flow('chat', { chunk: z.string() }, async (name: string, context) => {
    context.emit(`Hello ${name}`)
    context.emit('!')
    return { user: context.user, session: context.session?.id }
  }),
  tell: flow('tell', async function* (to: number) {
    for (let n = 1; n <= to; n++) yield n
  }),
  nothing: flow('nothing', () => null),
  refuse: flow('refuse', () => {
    throw new TerminalError('not for you')
  }),
  fail: flow('fail', () => {
    throw new Error('the password is hunter2')
  }),
  wait: flow('wait', (_: undefined, { signal }) => {
    signal.addEventListener('abort', () => {
      stopped = signal.reason
    })
    return flow.step('forever', () => new Promise<never>(() => {}))
  }),
}

const asked: Access[] = []
const handler = serve(flows, {
  base: '/api/',
  maxBody: 1_000,
  authorize: (request, access) => {
    asked.push(access)
    const key = request.headers.get('authorization')
    return key === 'Bearer ada' ? { user: 'ada' } : key === 'Bearer root'
  },
})
const server = createServer(getRequestListener(handler))
let url = ''
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const remote = () => client<typeof flows>(url, { headers: { authorization: 'Bearer ada' } })
const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${url}${path}`, { ...init, headers: { authorization: 'Bearer root', ...init.headers } })
const json = { 'content-type': 'application/json' }

describe('a client', () => {
  it('runs flows with the types that they have', async () => {
    const output = await remote().double.run({ n: 21 })
    expectTypeOf(output).toEqualTypeOf<number>()
    expect(output).toBe(42)
    expect(await remote().chat.run('Ada', { session: 's' })).toEqual({ user: 'ada', session: 's' })
    expect(await remote().nothing.run()).toBeNull()
    const list = await remote().tell.run(3)
    expectTypeOf(list).toEqualTypeOf<number[]>()
    expect(list).toEqual([1, 2, 3])
    // @ts-expect-error: there is no such flow
    await expect(remote().unknown.run()).rejects.toThrow('no flow "unknown", expected one of: double, chat')
  })

  it('reads chunks as they come, then the output', async () => {
    const chat = remote().chat.start('Ada')
    expectTypeOf(chat.result).toEqualTypeOf<
      Promise<{ user: string | undefined; session: string | undefined }>
    >()
    expect(await readAll(chat)).toEqual(['Hello Ada', '!'])
    expect(await chat.result).toEqual({ user: 'ada' })
    const tell = remote().tell.start(2)
    expect(await readAll(tell)).toEqual([1, 2])
    expect(await tell.result).toEqual([1, 2])
    const nothing = remote().nothing.start()
    expect(await readAll(nothing)).toEqual([])
    expect(await nothing.result).toBeNull()
  })

  it('is told its own mistakes and decisions, and nothing else', async () => {
    const wrong = await remote()
      .double.run({ n: 'x' as never })
      .catch((error: unknown) => error)
    expect(wrong).toBeInstanceOf(RemoteFlowError)
    expect(wrong).toMatchObject({ status: 400, type: 'FlowValidationError', issues: [{ path: ['n'] }] })
    await expect(remote().refuse.run()).rejects.toMatchObject({ status: 422, message: 'not for you' })
    for (const failed of [remote().fail.run(), remote().fail.start().result]) {
      const error = (await failed.catch((thrown: unknown) => thrown)) as RemoteFlowError
      expect(error).toMatchObject({ status: 500, message: 'The flow failed; its run says why' })
      expect(error.runId).toMatch(/^[0-9a-f]{32}$/)
    }
  })

  it('that leaves, or cancels, stops the run', async () => {
    stopped = undefined
    const run = remote().wait.start()
    const id = await run.id
    const status = async () => (await (await ask(`/runs/${id}`)).json()) as object
    expect(await status()).toMatchObject({ runId: id, flow: 'wait', status: 'running' })
    run.cancel()
    await expect(run.result).rejects.toThrow()
    await expect.poll(() => stopped).toBeDefined()
    await expect
      .poll(status)
      .toMatchObject({ status: 'cancelled', steps: [{ label: 'forever', status: 'cancelled' }] })

    const other = remote().wait.start()
    expect((await ask(`/runs/${await other.id}`, { method: 'DELETE' })).status).toBe(200)
    await expect(other.result).rejects.toMatchObject({ status: 499 })
  })

  it('inside a run starts nested runs of it', async () => {
    await using recording = record()
    const inside = client<typeof flows>(url, {
      headers: () => ({ authorization: 'Bearer root', ...flow.context() }),
    })
    await flow('caller', () => flow.step('call', () => inside.double.run({ n: 1 }))).run(undefined, {
      user: 'u',
    })
    const [caller, double] = [recording.only('caller'), recording.only('double')]
    expect(double.attributes).toMatchObject({
      'weir.run.parent_id': caller.attributes['weir.run.id'],
      'user.id': 'u',
    })
    expect(double.parentSpanContext?.spanId).toBe(recording.only('call').spanContext().spanId)
  })
})

describe('a server', () => {
  it('lists its flows with their JSON Schemas', async () => {
    const { flows: list } = (await (await ask('/flows')).json()) as { flows: Record<string, unknown>[] }
    expect(list.find(({ name }) => name === 'double')).toMatchObject({
      flow: 'double',
      version: '2',
      input: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
      output: { type: 'number' },
    })
  })

  it.each([
    ['no authorization', '/flows', { headers: { authorization: '' } }, 403, 'not allowed'],
    [
      'no authorization to run what is not there',
      '/flows/unknown',
      { method: 'POST', body: '{}', headers: { ...json, authorization: '' } },
      403,
      '{"error":{"type":"Refusal","message":"not allowed"}}',
    ],
    ['another path', '/x', {}, 404, 'expected GET /flows'],
    ['another method', '/flows/double', {}, 405, 'expected POST, got GET'],
    [
      'no JSON',
      '/flows/double',
      { method: 'POST', body: 'n=1' },
      415,
      'expected content-type application/json',
    ],
    ['broken JSON', '/flows/double', { method: 'POST', body: '{', headers: json }, 400, 'expected JSON'],
    [
      'a list',
      '/flows/double',
      { method: 'POST', body: '[]', headers: json },
      400,
      'expected an object such as',
    ],
    [
      'too much',
      '/flows/double',
      { method: 'POST', body: ' '.repeat(2_000), headers: json },
      413,
      'at most 1000 bytes',
    ],
    [
      'a wrong session',
      '/flows/chat',
      { method: 'POST', body: '{"session":5}', headers: json },
      400,
      'session: expected',
    ],
    [
      'a name of the prototype',
      '/flows/constructor',
      { method: 'POST', body: '{}', headers: json },
      404,
      'no flow',
    ],
    ['an unknown run', '/runs/nobody', {}, 404, 'of the flows that are served here'],
    [
      'no percent-encoding',
      '/flows/%zz',
      { method: 'POST', body: '{}', headers: json },
      400,
      'percent-encoded',
    ],
  ])('refuses %s in words', async (_, path, init, status, message) => {
    const response = await ask(path, init as RequestInit)
    expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(message)])
  })

  it('says what failed beside the run', async () => {
    const said = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const broken = serve(flows, { authorize: () => Promise.reject(new Error('no database')) })
    const refused = await broken(new Request('http://x/flows'))
    expect([refused.status, await refused.text()]).toEqual([
      500,
      expect.stringContaining('could not be decided'),
    ])
    expect(said.mock.calls.flat()).toEqual([expect.stringContaining('no database')])
    said.mockRestore()
    const big = serve({ big: flow('big', () => 5n) }, { authorize: () => true })
    const answer = await big(new Request('http://x/flows/big', { method: 'POST', body: '{}', headers: json }))
    expect([answer.status, await answer.text()]).toEqual([
      500,
      expect.stringContaining('its output is no JSON'),
    ])
  })

  it('says in its events what is no JSON', async () => {
    const output = flow('output', () => 5n)
    const chunk = flow('chunk', async function* () {
      yield 5n
    })
    const big = serve({ output, chunk }, { authorize: () => true })
    const headers = { ...json, accept: 'text/event-stream' }
    const eventsOf = async (name: string) =>
      (await big(new Request(`http://x/flows/${name}`, { method: 'POST', body: '{}', headers }))).text()
    const error = '{"status":500,"type":"TypeError","message":"'
    expect(await eventsOf('output')).toContain(`${error}the run is ok, but its output is no JSON: `)
    expect(await eventsOf('chunk')).toContain(`${error}a chunk of the run is no JSON: `)
  })

  it('asks who it is for, and for what', async () => {
    asked.length = 0
    const run = remote().wait.start()
    const runId = await run.id
    await ask(`/runs/${runId}`, { method: 'DELETE' })
    await run.result.catch(() => {})
    expect(asked).toEqual([
      { action: 'run', flow: 'wait', session: undefined },
      { action: 'cancel', flow: 'wait', runId, user: 'ada' },
    ])
  })

  it('is refused with wrong options', () => {
    const options = { authorize: () => true }
    expect(() => serve({ a: flows.double, b: flows.double }, options)).toThrow(
      'serve: expected one name for each flow, got "a" and "b" for flows called "double"',
    )
    expect(() => serve({ a: 5 } as never, options)).toThrow(UsageError)
    expect(() => serve(flows, {} as never)).toThrow(
      'authorize: expected a function that decides who may run flows',
    )
    expect(() => serve(flows, { ...options, maxBody: 0 })).toThrow('maxBody')
  })
})
