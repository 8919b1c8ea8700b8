import { describe, expect, it } from 'vitest'
import { flow, flush, init, observe, signal, traceModel, traceTool, UsageError } from './index.ts'
import { client } from './serve/client.ts'
import { serve } from './serve/serve.ts'
import { memoryStore } from './stores/memory.ts'
import { postgresStore } from './stores/postgres.ts'
import { redisStore } from './stores/redis.ts'
import { sqliteStore } from './stores/sqlite.ts'

const approval = signal('approval')
const plain = flow('plain', (input: unknown) => input)
const kept = flow('kept', { store: memoryStore() }, () => flow.wait(approval, { timeuot: '1s' } as never))
/** Options as a program without types gives them. */
const call = (fn: unknown, ...args: unknown[]) => (fn as (...args: unknown[]) => unknown)(...args)
const thrown = async (fn: () => unknown) => {
  try {
    return await fn()
  } catch (error) {
    return error
  }
}

describe('a misspelt option is refused', () => {
  it.each<[string, () => unknown, string]>([
    ['init', () => call(init, { servicename: 'a' }), 'init options: unknown option "servicename"'],
    ['capture', () => call(init, { capture: { redakt: String } }), 'capture: unknown option "redakt"'],
    ['flow', () => call(flow, 'a', { sotre: memoryStore() }, String), 'options of flow "a": unknown option'],
    [
      'on',
      () => call(flow, 'a', { on: { complete: String } }, String),
      'on of flow "a": unknown option "complete"',
    ],
    ['run', () => call(plain.run, 1, { sesion: 'a' }), 'run options: unknown option "sesion"'],
    [
      'flow.step',
      () => call(flow.step, 'a', String, { retries: 3 }),
      'step options: unknown option "retries"',
    ],
    [
      'flow.all',
      () => call(flow.all, {}, { concurency: 1 }),
      'options of flow.all: unknown option "concurency"',
    ],
    [
      'flow.map',
      () => call(flow.map, [], String, { onerror: 1 }),
      'options of flow.map: unknown option "onerror"',
    ],
    ['flow.wait', () => kept.run(), 'options of flow.wait: unknown option "timeuot", expected key, timeout'],
    [
      'signal',
      () => call(kept.get('a').signal, approval, 1, { Key: 'a' }),
      'options of signal: unknown option "Key"',
    ],
    [
      'history',
      () => call(kept.session('a').history, { turn: 1 }),
      'options of history: unknown option "turn"',
    ],
    [
      'serve',
      () => call(serve, { plain }, { authorize: () => true, bas: '/' }),
      'options of serve: unknown option',
    ],
    ['client', () => call(client, 'http://a', { header: {} }), 'options of client: unknown option "header"'],
    [
      'a call',
      () => call(client<{ plain: typeof plain }>('http://a').plain.run, 1, { user: 'a' }),
      'options of a call',
    ],
    [
      'observe',
      () => call(observe, { doEmbed: String }, { providr: 'a' }),
      'options of observe: unknown option',
    ],
    [
      'traceTool',
      () => call(traceTool, { name: 'a', inputs: 1 }, String),
      'traceTool: unknown option "inputs"',
    ],
    [
      'traceModel',
      () => call(traceModel, { model: 'a', provder: 'b' }, String),
      'traceModel: unknown option "provder"',
    ],
    ['flush', () => call(flush, { timout: 1 }), 'options: unknown option "timout", expected timeout'],
    [
      'sqliteStore',
      () => call(sqliteStore, ':memory:', { sync: 'full' }),
      'options of sqliteStore: unknown option',
    ],
    [
      'redisStore',
      () => call(redisStore, 'redis://a', { prefix: 'a' }),
      'options of redisStore: unknown option',
    ],
    [
      'postgresStore',
      () => call(postgresStore, {}, { tabel: 'a' }),
      'options of postgresStore: unknown option',
    ],
  ])('of %s', async (_, fn, message) => {
    const error = await thrown(fn)
    expect(error).toBeInstanceOf(UsageError)
    expect((error as Error).message).toContain(message)
  })
})

describe('what is wrong is named, with what was expected', () => {
  it.each<[string, () => unknown, string]>([
    [
      'options that are none',
      () => call(init, { capture: false }),
      'capture: expected an object, got false (boolean)',
    ],
    [
      'options after the handler',
      () => call(flow, 'a', String, { version: '1' }),
      'options of flow "a": expected an object, got a function (function)',
    ],
    [
      'a hook',
      () => call(flow, 'a', { on: { failed: 'x' } }, String),
      'on.failed: expected a function, got "x" (string)',
    ],
    [
      'a store',
      () => call(flow, 'a', { store: 'a.db' }, String),
      'store: expected a store such as memoryStore(), got "a.db" (string)',
    ],
    [
      'a signal',
      () => call(flow, 'a', { signals: [approval, 'other'] }, String),
      'signals: expected a list such as [signal(\'approval\')], got "other" (string)',
    ],
    [
      'a signal that is only its name',
      () => call(kept.get('a').signal, 'approval', 1),
      "signal: expected a signal such as signal('approval'), got undefined (undefined)",
    ],
    [
      'metadata',
      () => call(plain.run, 1, { metadata: 'a' }),
      'metadata: expected an object, got "a" (string)',
    ],
    [
      'items',
      () => call(flow.map, 3, String),
      'flow.map: expected a list or another iterable, got 3 (number)',
    ],
    [
      'a key of items',
      () => call(flow.map, [1], String, { key: 'id' }),
      'key of flow.map: expected a function of the item, got "id" (string)',
    ],
    [
      'a base',
      () => call(serve, { plain }, { authorize: () => true, base: 'api' }),
      'base: expected a path such as "/api", got "api" (string)',
    ],
    [
      'a URL without http',
      () => call(client, 'localhost:3456'),
      'client: expected an http or https URL, or a path such as "/api", got "localhost:3456" (string)',
    ],
    [
      'a call',
      () => call(traceTool, 'search', String),
      'traceTool: expected an object, got "search" (string)',
    ],
    [
      'a function',
      () => call(traceTool, { name: 'a' }),
      'function of tool "a": expected a function, got undefined (undefined)',
    ],
    [
      'a path',
      () => call(sqliteStore),
      'sqliteStore: expected the path of a file, got undefined (undefined)',
    ],
    [
      'a connection to PostgreSQL',
      () => call(postgresStore, 'postgres://a'),
      'postgresStore: expected a pool of pg, or options of one, got "postgres://a" (string)',
    ],
    [
      'a connection to Redis',
      () => call(redisStore, { host: 'a' }),
      'redisStore: expected a URL, or a client of ioredis, got an object (object)',
    ],
    [
      'a directory that is missing',
      () => sqliteStore('/missing/runs.db'),
      'sqliteStore: expected a file that can be opened or made, got "/missing/runs.db": unable to open database file',
    ],
  ])('%s', async (_, fn, message) => {
    expect(await thrown(fn)).toEqual(new UsageError(message))
  })
})

it('an idempotency key needs a store', async () => {
  const message = 'idempotencyKey: expected a flow with a store, got flow "plain" without one'
  await expect(plain.run(1, { idempotencyKey: 'order 17' })).rejects.toThrow(new UsageError(message))
  expect(() => plain.start(1, { idempotencyKey: 'order 17' })).toThrow(new UsageError(message))

  const handler = serve({ plain }, { authorize: () => true })
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ input: 1, idempotencyKey: 'order 17' })
  const response = await handler(new Request('http://a/flows/plain', { method: 'POST', headers, body }))
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining('with a store') } })
})
