import { explainStoreError } from '#data/store-problem.ts'
import {
  ask,
  type FlowServer,
  FlowServerError,
  flowServers,
  readJson,
  readText,
  segment,
} from './flow-server.ts'
import { cancelGenkitRun, runGenkitFlow } from './genkit.ts'
import { listServer } from './listing.ts'
import { readRunView } from './run-view.ts'

// Browsers reach servers of flows through here only: by the requests that `serve` of @weir/sdk answers, and no others.

/** Bytes of what a browser may send. */
const MAX_REQUEST = 1024 * 1024
/** Bytes of the events of a run. */
const MAX_EVENTS = 16 * 1024 * 1024
/** For as long the events of a run are passed on; the run itself may take longer. */
const MAX_EVENTS_MS = 10 * 60_000
const TIMEOUT_MS = 10_000

/** Passes the events of a run on as they come, until there are too many of them. */
export function startRun(request: Request, url: string, name: string): Promise<Response> {
  return answering(url, async (server) => {
    const body = await readBody(request)
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(MAX_EVENTS_MS)])
    if (await isGenkit(server)) {
      return toEvents(await runGenkitFlow(server, name, body, signal))
    }
    const response = await ask(server, `/flows/${partOf(name)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify(body),
      signal,
    })
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
    if (!response.ok || !isStream || response.body === null) return passOn(server, response)
    return toEvents(response.body)
  })
}

export function readRun(url: string, runId: string): Promise<Response> {
  return answering(url, async (server) => {
    if (await isGenkit(server)) throw new Refusal(404, 'Genkit does not tell of its runs')
    const response = await askOfRun(server, runId, { method: 'GET' })
    if (!response.ok) return passOn(server, response)
    return Response.json(await readRunView(server, response), { headers: HEADERS })
  })
}

export function cancelRun(url: string, runId: string): Promise<Response> {
  return answering(url, async (server) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    if (await isGenkit(server)) return passOn(server, await cancelGenkitRun(server, runId, signal))
    return passOn(server, await askOfRun(server, runId, { method: 'DELETE' }))
  })
}

export function sendSignal(request: Request, url: string, runId: string, name: string): Promise<Response> {
  return answering(url, async (server) => {
    const body = JSON.stringify(await readBody(request))
    const headers = { 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body }
    return passOn(server, await askOfRun(server, runId, init, `/signals/${partOf(name)}`))
  })
}

function askOfRun(server: FlowServer, runId: string, init: RequestInit, rest = ''): Promise<Response> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  return ask(server, `/runs/${partOf(runId)}${rest}`, { ...init, signal })
}

function partOf(name: string): string {
  const part = segment(name)
  if (part === undefined) throw new Refusal(400, `${JSON.stringify(name)} cannot be a part of a path`)
  return part
}

async function isGenkit(server: FlowServer): Promise<boolean> {
  const listing = await listServer(server)
  if (listing.problem !== undefined) throw listing.problem
  return listing.kind === 'Genkit'
}

/** A request that is not passed on, and why. */
class Refusal extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const HEADERS = { 'cache-control': 'no-store' }

async function answering(url: string, answer: (server: FlowServer) => Promise<Response>): Promise<Response> {
  try {
    const server = flowServers().find((known) => known.url === url)
    if (server === undefined) throw new Refusal(404, `${url} is not among WEIR_FLOW_SERVERS`)
    return await answer(server)
  } catch (error) {
    if (error instanceof Refusal) return refuse(error.status, error.message)
    if (error instanceof FlowServerError) return refuse(502, `${error.message} ${error.advice}`)
    const problem = explainStoreError(error)
    if (problem === undefined) throw error
    return refuse(503, `${problem.title}: ${problem.detail}`)
  }
}

function refuse(status: number, message: string): Response {
  return Response.json({ error: { type: 'Refusal', message } }, { status, headers: HEADERS })
}

/** JSON and nothing else: what a server says is never a page of the dashboard. */
async function passOn(server: FlowServer, response: Response): Promise<Response> {
  return Response.json(await readJson(server, response), { status: response.status, headers: HEADERS })
}

function toEvents(events: ReadableStream<Uint8Array>): Response {
  // Compression would hold events back.
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store, no-transform' }
  return new Response(untilBroken(events, MAX_EVENTS), { headers })
}

/** Events until there are too many of them or their server breaks off: the reader sees that their end did not come. */
function untilBroken(events: ReadableStream<Uint8Array>, maxBytes: number): ReadableStream<Uint8Array> {
  const reader = events.getReader()
  let size = 0
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }))
      size += value?.byteLength ?? 0
      if (!done && value !== undefined && size <= maxBytes) return controller.enqueue(value)
      controller.close()
      await reader.cancel().catch(() => {})
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

/** JSON only: a page of another origin cannot send that without asking first. */
async function readBody(request: Request): Promise<object> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    throw new Refusal(415, 'expected content-type application/json')
  }
  try {
    const body: unknown = JSON.parse(await readText(request.body, MAX_REQUEST))
    if (typeof body === 'object' && body !== null) return body
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal(413, `expected a body of at most ${MAX_REQUEST} bytes`)
  }
  throw new Refusal(400, 'expected a JSON object')
}
