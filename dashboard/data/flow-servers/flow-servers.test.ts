import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { cancelRun, readRun, sendSignal, startRun } from './gateway.ts'
import { listServers } from './listing.ts'
import { findHolder } from './offers.ts'

// Servers that are not what they should be: none of them may do more than be named.

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
  vi.unstubAllEnvs()
})

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function problemOf(listener: RequestListener): Promise<string | undefined> {
  const url = await listen(listener)
  vi.stubEnv('WEIR_FLOW_SERVERS', url)
  const [listing] = await listServers()
  return listing?.problem?.message.replace(url, 'it')
}

/** Answers a list of one flow, and everything else with `rest`. */
const serving =
  (rest: RequestListener): RequestListener =>
  (request, response) =>
    request.url === '/flows'
      ? response.end(JSON.stringify({ flows: [{ name: 'one', flow: 'one' }] }))
      : rest(request, response)

const post = (body: unknown) =>
  new Request('http://127.0.0.1', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

test.each<[string, RequestListener, string]>([
  ['a page', (_, response) => response.end('<!doctype html>'), 'it answers no JSON (HTTP 200).'],
  ['other JSON', (_, response) => response.end('{}'), 'it answers, and not with a list of flows.'],
  ['a refusal', (_, response) => response.writeHead(403).end(), 'it refuses to tell its flows (HTTP 403).'],
  [
    'too much',
    (_, response) => response.end(`"${'x'.repeat(5_000_000)}"`),
    'it answers more than 4194304 bytes (HTTP 200).',
  ],
  ['silence', () => {}, 'it does not answer: it took too long.'],
  ['an answer without an end', (_, response) => response.write('{'), 'it does not answer: it took too long.'],
])('%s is named', async (_, listener, message) => {
  expect(await problemOf(listener)).toBe(message)
})

test('a schema that cannot be used hides no flow, neither its own nor another', async () => {
  const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
  const schemas = ['{"type": "string"}', 'true', 'null', '"object"', deep]
  const flows = schemas.map(
    (schema, index) =>
      `{"name": "${index}", "flow": "${index}", "input": ${schema}, "signals": [{"name": "go", "value": ${schema}}]}`,
  )
  vi.stubEnv('WEIR_FLOW_SERVERS', await listen((_, response) => response.end(`{"flows": [${flows}]}`)))
  const [listing] = await listServers()
  const known = listing?.problem === undefined ? listing?.flows : []
  expect(known?.map(({ input }) => input)).toEqual([{ type: 'string' }, ...Array(4).fill(undefined)])
  expect(known?.map(({ signals }) => signals[0]?.value)).toEqual(known?.map(({ input }) => input))
})

test('a key goes to its server alone, and no redirect is followed', async () => {
  const heard: (string | undefined)[] = []
  const thief = await listen(({ headers }, response) => {
    heard.push(headers.authorization)
    response.end('{"flows": []}')
  })
  const url = await listen(({ headers }, response) => {
    heard.push(headers.authorization)
    response.writeHead(307, { location: `${thief}/flows` }).end()
  })
  vi.stubEnv('WEIR_FLOW_SERVERS', `${url},${thief}`)
  vi.stubEnv('WEIR_FLOW_SERVER_KEYS', `${url}=hunter2`)
  const [first] = await listServers()
  expect(first?.problem?.message).toContain('redirect')
  expect(heard.toSorted()).toEqual(['Bearer hunter2', undefined])
})

test('what a server answers is passed on as JSON, whatever it says that it is', async () => {
  const url = await listen(
    serving((_, response) =>
      response.writeHead(418, { 'content-type': 'text/html', 'set-cookie': 'a=b' }).end('{"a": 1}'),
    ),
  )
  vi.stubEnv('WEIR_FLOW_SERVERS', url)
  for (const answer of [
    await startRun(post({}), url, 'one'),
    await readRun(url, '1'),
    await cancelRun(url, '1'),
    await sendSignal(post({}), url, '1', 'approval'),
  ]) {
    expect([answer.status, await answer.json()]).toEqual([418, { a: 1 }])
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.headers.get('set-cookie')).toBeNull()
  }
})

test('events end where there are too many of them, and the server hears of it', async () => {
  const left = Promise.withResolvers<void>()
  const url = await listen(
    serving((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const chunk = Buffer.alloc(1024 * 1024, 'x')
      const write = () => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', write).on('close', left.resolve)
      write()
    }),
  )
  vi.stubEnv('WEIR_FLOW_SERVERS', url)
  const answer = await startRun(post({}), url, 'one')
  expect((await answer.arrayBuffer()).byteLength).toBeLessThanOrEqual(16 * 1024 * 1024)
  await left.promise
})

test('events of a server that breaks off end, and are no error of the dashboard', async () => {
  const url = await listen(
    serving((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('event: run\ndata: {"runId": "1"}\n\n', () => response.destroy())
    }),
  )
  vi.stubEnv('WEIR_FLOW_SERVERS', url)
  const answer = await startRun(post({}), url, 'one')
  expect(await answer.text()).toBe('event: run\ndata: {"runId": "1"}\n\n')
})

test('who leaves is heard of at once by the server', async () => {
  const left = Promise.withResolvers<void>()
  const url = await listen(
    serving((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': silence\n\n')
      response.on('close', left.resolve)
    }),
  )
  vi.stubEnv('WEIR_FLOW_SERVERS', url)
  const answer = await startRun(post({}), url, 'one')
  await answer.body?.cancel()
  await left.promise
})

test.each(['{}', '{"status": 5}', '{"status": "suspended", "waitingFor": [{"until": "soon"}]}', '[]'])(
  '%s does not say how a run goes',
  async (said) => {
    const url = await listen(serving((_, response) => response.end(said)))
    vi.stubEnv('WEIR_FLOW_SERVERS', url)
    const answer = await readRun(url, '1')
    expect([answer.status, await answer.text()]).toEqual([
      502,
      expect.stringContaining('does not say how this run goes'),
    ])
    expect((await findHolder('one', '1')).problems).toHaveLength(1)
  },
)

test('of a run that a server does not have, and of one that it does not tell of', async () => {
  let status = 404
  const url = await listen(serving((_, response) => response.writeHead(status).end('{}')))
  vi.stubEnv('WEIR_FLOW_SERVERS', url)
  expect(await findHolder('one', '1')).toEqual({ problems: [], strangers: [url] })
  expect(await findHolder('one', '..')).toEqual({ problems: [], strangers: [url] })
  expect(await findHolder('other', '1')).toEqual({ problems: [], strangers: [] })
  status = 403
  expect(await findHolder('one', '1')).toMatchObject({
    problems: [{ message: expect.stringContaining('(HTTP 403)') }],
    strangers: [],
  })
})

test('names stay names: they reach no other path of a server', async () => {
  const paths: (string | undefined)[] = []
  const url = await listen(
    serving(({ url: path }, response) => {
      paths.push(path)
      response.end('{}')
    }),
  )
  vi.stubEnv('WEIR_FLOW_SERVERS', url)
  await readRun(url, '../flows?x#y')
  await sendSignal(post({}), url, '1/2', '../..')
  expect((await readRun(url, '..')).status).toBe(400)
  expect((await startRun(post({}), url, '.')).status).toBe(400)
  expect(paths).toEqual(['/runs/..%2Fflows%3Fx%23y', '/runs/1%2F2/signals/..%2F..'])
})
