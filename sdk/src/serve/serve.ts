import { expected, FlowValidationError, isTerminal, UsageError } from '../errors.ts'
import type { Flow } from '../flow/flow.ts'
import { runWithin } from '../flow/propagation.ts'
import type { RunHandle } from '../flow/run-handle.ts'
import type { RunOptions } from '../flow/run-options.ts'
import { isStream } from '../values/streams.ts'
import { toJsonSchema } from './json-schema.ts'
import { Refusal } from './refusal.ts'
import { ServedRuns } from './served-runs.ts'
import { writeEvent } from './server-sent-events.ts'

/** Flows by the names under which they are served. */
export type ServedFlows = Readonly<Record<string, Flow<never, unknown, unknown>>>

/** What somebody wants to do. */
export type Access =
  | { readonly action: 'list' }
  | { readonly action: 'run'; readonly flow: string }
  | {
      readonly action: 'read' | 'cancel'
      readonly flow: string
      readonly runId: string
      readonly user: string | undefined
    }

export interface ServeOptions {
  /**
   * Decides about every request: `false` refuses it, `true` allows it, and a user allows it for a run of that user. There is no
   * default, since whoever can run flows can spend money: `() => true` lets everybody.
   */
  readonly authorize: (request: Request, access: Access) => Authorization | Promise<Authorization>
  /** The path before `/flows` and `/runs`, such as `/api`. Default: none. */
  readonly base?: string
  /** Bytes of a request's body. Default 1 MiB. */
  readonly maxBody?: number
}

export type Authorization = boolean | { readonly user: string }

/** Answers requests with flows; for Next, Hono, Bun, Deno and all else that has the `Request` and `Response` of the web. */
export type Handler = (request: Request) => Promise<Response>

/** A body of `POST /flows/:name`. */
interface RunRequest {
  readonly input?: unknown
  readonly session?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

/**
 * Serves flows over HTTP:
 *
 * - `GET /flows`: the flows and the JSON Schemas of what they take and give.
 * - `POST /flows/:name` with `{ input, session, metadata }`: runs a flow. Answers `{ runId, output }`, or with
 *   `accept: text/event-stream` the events `run`, `chunk` and then `output`, `error`, or `end` where the output is a stream and
 *   so came as chunks. Who leaves cancels the run.
 * - `GET /runs/:id`: how a run of this process goes. `DELETE /runs/:id` cancels it.
 *
 * A request that carries the headers of `flow.context()` makes a nested run of its sender's.
 *
 * @throws UsageError for an option that is not what it should be
 */
export function serve(flows: ServedFlows, options: ServeOptions): Handler {
  if (typeof flows !== 'object' || flows === null) throw expected('serve', 'a record of flows', flows)
  for (const [name, flow] of Object.entries(flows)) {
    if (typeof flow?.start !== 'function') throw expected(`flow "${name}" of serve`, 'a flow', flow)
  }
  const byFlow = Map.groupBy(Object.keys(flows), (name) => flows[name]!.name)
  for (const [flow, names] of byFlow) {
    if (names.length > 1) {
      throw new UsageError(
        `serve: expected one name for each flow, got ${names.map((name) => `"${name}"`).join(' and ')} for flows called "${flow}"`,
      )
    }
  }
  if (typeof options?.authorize !== 'function') {
    throw expected(
      'authorize',
      'a function that decides who may run flows (`() => true` lets everybody)',
      options?.authorize,
    )
  }
  const { base = '', maxBody = 1_048_576 } = options
  if (typeof base !== 'string') throw expected('base', 'a path such as "/api"', base)
  if (!Number.isInteger(maxBody) || maxBody < 1) throw expected('maxBody', 'a whole number of bytes', maxBody)
  const server = new FlowServer(flows, options.authorize, maxBody)
  const prefix = base.replace(/\/+$/, '')
  return async (request) => {
    try {
      return await server.answer(request, prefix)
    } catch (error) {
      if (error instanceof Refusal) return error.toResponse()
      throw error
    }
  }
}

class FlowServer {
  readonly #flows: ServedFlows
  readonly #authorize: ServeOptions['authorize']
  readonly #maxBody: number
  readonly #runs = new ServedRuns()

  constructor(flows: ServedFlows, authorize: ServeOptions['authorize'], maxBody: number) {
    this.#flows = flows
    this.#authorize = authorize
    this.#maxBody = maxBody
  }

  async answer(request: Request, prefix: string): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (!pathname.startsWith(`${prefix}/`)) throw new Refusal(404, `expected a path below "${prefix}/"`)
    const [kind, name, ...rest] = pathname
      .slice(prefix.length + 1)
      .split('/')
      .map(decode)
    if (kind === 'flows' && name === undefined) {
      return this.#allow(request, ['GET'], async () => this.#list(request))
    }
    if (kind === 'flows' && name !== undefined && rest.length === 0) {
      return this.#allow(request, ['POST'], () => this.#run(request, name))
    }
    if (kind === 'runs' && name !== undefined && rest.length === 0) {
      return this.#allow(request, ['GET', 'DELETE'], () => this.#inspect(request, name))
    }
    throw new Refusal(404, 'expected GET /flows, POST /flows/:name, or GET or DELETE /runs/:id')
  }

  async #allow(
    request: Request,
    methods: readonly string[],
    answer: () => Promise<Response>,
  ): Promise<Response> {
    if (methods.includes(request.method)) return answer()
    throw new Refusal(405, `expected ${methods.join(' or ')}, got ${request.method}`, {
      allow: methods.join(', '),
    })
  }

  async #permit(request: Request, access: Access): Promise<string | undefined> {
    const decision = await this.#authorize(request, access)
    if (decision === true) return undefined
    if (typeof decision === 'object' && decision !== null && typeof decision.user === 'string')
      return decision.user
    throw new Refusal(403, 'not allowed')
  }

  async #list(request: Request): Promise<Response> {
    await this.#permit(request, { action: 'list' })
    const flows = Object.entries(this.#flows).map(([name, { name: flow, version, schemas }]) => ({
      name,
      flow,
      version,
      input: toJsonSchema(schemas.input),
      output: toJsonSchema(schemas.output),
      chunk: toJsonSchema(schemas.chunk),
    }))
    return Response.json({ flows })
  }

  async #run(request: Request, name: string): Promise<Response> {
    const flow = Object.hasOwn(this.#flows, name) ? this.#flows[name] : undefined
    if (flow === undefined) {
      throw new Refusal(404, `no flow "${name}", expected one of: ${Object.keys(this.#flows).join(', ')}`)
    }
    const user = await this.#permit(request, { action: 'run', flow: name })
    const { input, session, metadata } = await this.#readBody(request)
    const options: RunOptions = {
      ...(session === undefined ? {} : { session }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(user === undefined ? {} : { user }),
      signal: request.signal,
    }
    const start = flow.start as (input: unknown, options: RunOptions) => RunHandle<unknown>
    const run = runWithin(request.headers, () => start(input, options))
    this.#runs.add(name, user, run)
    const wantsEvents = request.headers.get('accept')?.includes('text/event-stream') === true
    return wantsEvents ? answerEvents(run) : answerOnce(run)
  }

  async #inspect(request: Request, runId: string): Promise<Response> {
    const run = this.#runs.get(runId)
    const action = request.method === 'DELETE' ? 'cancel' : 'read'
    // Whether a run exists is no business of who may not see it.
    await this.#permit(request, { action, flow: run?.flow ?? '', runId, user: run?.user })
    if (run === undefined) throw new Refusal(404, `no run "${runId}" in this process`)
    if (action === 'cancel') run.handle.cancel()
    return Response.json({ runId, flow: run.flow, status: run.status, steps: run.steps() })
  }

  /** JSON only: a page of another origin cannot send that without asking first. */
  async #readBody(request: Request): Promise<RunRequest> {
    const type = request.headers.get('content-type') ?? 'none'
    if (!/^application\/json\s*(;|$)/i.test(type)) {
      throw new Refusal(415, `expected content-type application/json, got ${type}`)
    }
    const text = await readText(request, this.#maxBody)
    const body = parse(text)
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw new Refusal(400, 'expected an object such as {"input": ...}')
    }
    const { session, metadata } = body as RunRequest
    if (session !== undefined && (typeof session !== 'string' || session === '')) {
      throw new Refusal(400, 'session: expected a non-empty string')
    }
    if (metadata !== undefined && (typeof metadata !== 'object' || metadata === null)) {
      throw new Refusal(400, 'metadata: expected an object')
    }
    return body as RunRequest
  }
}

async function answerOnce(run: RunHandle<unknown>): Promise<Response> {
  try {
    const output = await run.result
    return Response.json({
      runId: run.id,
      output: (isStream(output) ? await readAll(output) : output) ?? null,
    })
  } catch (error) {
    const { status, ...body } = describeFailure(error)
    return Response.json({ runId: run.id, error: body }, { status })
  }
}

function answerEvents(run: RunHandle<unknown>): Response {
  const events = eventsOf(run)
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await events.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel() {
      run.cancel(new DOMException('The reader left', 'AbortError'))
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } })
}

async function* eventsOf(run: RunHandle<unknown>): AsyncGenerator<Uint8Array> {
  yield writeEvent({ event: 'run', data: { runId: run.id } })
  try {
    for await (const data of run) yield writeEvent({ event: 'chunk', data })
    const output = await run.result
    if (isStream(output)) {
      for await (const data of output as AsyncIterable<unknown>) yield writeEvent({ event: 'chunk', data })
      yield writeEvent({ event: 'end', data: null })
    } else {
      yield writeEvent({ event: 'output', data: output })
    }
  } catch (error) {
    yield writeEvent({ event: 'error', data: describeFailure(error) })
  }
}

async function readAll(stream: object): Promise<unknown[]> {
  const chunks: unknown[] = []
  for await (const chunk of stream as AsyncIterable<unknown>) chunks.push(chunk)
  return chunks
}

/** What the caller may know: its own mistakes, and what was decided. Anything else is in the run's record. */
function describeFailure(error: unknown): {
  status: number
  type: string
  message: string
  issues?: unknown
} {
  if (error instanceof FlowValidationError && error.side === 'input') {
    const { name: type, message, issues } = error
    return { status: 400, type, message, issues: issues.map(({ message, path }) => ({ message, path })) }
  }
  if (isTerminal(error) && !(error instanceof FlowValidationError)) {
    const { name: type, message } = error as Error
    return { status: 422, type, message }
  }
  const isAbort = (error as { readonly name?: unknown } | null)?.name === 'AbortError'
  if (isAbort) return { status: 499, type: 'AbortError', message: 'The run was cancelled' }
  return { status: 500, type: 'Error', message: 'The flow failed; its run says why' }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new Refusal(400, 'the path is not percent-encoded')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Refusal(400, `expected JSON: ${(error as Error).message}`)
  }
}

async function readText(request: Request, max: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const bytes of (request.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    size += bytes.byteLength
    if (size > max) throw new Refusal(413, `expected a body of at most ${max} bytes`)
    text += decoder.decode(bytes, { stream: true })
  }
  return text + decoder.decode()
}
