import { checkKnown, expected, FlowValidationError, UsageError } from '../errors.ts'
import type { Flow } from '../flow/flow.ts'
import { runWithin } from '../flow/propagation.ts'
import type { RunHandle } from '../flow/run-handle.ts'
import type { RunOptions } from '../flow/run-options.ts'
import { warn } from '../warn.ts'
import { answerEvents, answerOnce } from './answers.ts'
import { toJsonSchema } from './json-schema.ts'
import { decode, readBody } from './read-request.ts'
import { Refusal } from './refusal.ts'
import { type ServedRun, ServedRuns } from './served-runs.ts'

/** Flows by the names under which they are served. */
export type ServedFlows = Readonly<Record<string, Flow<never, unknown, unknown>>>

/** What somebody wants to do. */
export type Access =
  | { readonly action: 'list' }
  | { readonly action: 'run'; readonly flow: string; readonly session: string | undefined }
  | {
      readonly action: 'read' | 'cancel' | 'signal'
      readonly flow: string
      readonly runId: string
      readonly user: string | undefined
    }

export interface ServeOptions {
  /**
   * Decides about every request: `false` refuses it, `true` allows it, and a user allows it for runs of that user only. There is no
   * default, since whoever can run flows can spend money: `() => true` lets everybody.
   */
  readonly authorize: (request: Request, access: Access) => Authorization | Promise<Authorization>
  /** The path before `/flows` and `/runs`, such as `/api`. Default: none. */
  readonly base?: string | undefined
  /** Bytes of a request's body. Default 1 MiB. */
  readonly maxBody?: number | undefined
}

const KNOWN = new Set(['authorize', 'base', 'maxBody'])

export type Authorization = boolean | { readonly user: string }

/** Answers requests with flows; for Next, Hono, Bun, Deno and all else that has the `Request` and `Response` of the web. */
export type Handler = (request: Request) => Promise<Response>

/**
 * Serves flows over HTTP:
 *
 * - `GET /flows`: the flows and the JSON Schemas of what they take and give.
 * - `POST /flows/:name` with `{ input, session, metadata, idempotencyKey }`: runs a flow. Answers `{ runId, output }`, 202 with `{ runId, status }` as soon as
 *   it is suspended, or with
 *   `accept: text/event-stream` the events `run`, `chunk` and then `output`, `error`, or `end` where the output is a stream and
 *   so came as chunks. Who leaves cancels the run, unless a store keeps it. With an `idempotencyKey`, of a flow with a store, it is one run.
 * - `GET /runs/:id`: how a run goes, of this process or of a flow with a store. `DELETE /runs/:id` cancels it.
 * - `POST /runs/:id/signals/:name` with `{ value, key, id }`: sends a signal to a run of a flow with a store.
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
  checkKnown('options of serve', options, KNOWN)
  const { base = '', maxBody = 1_048_576 } = options
  if (typeof base !== 'string' || !/^(\/|$)/.test(base)) throw expected('base', 'a path such as "/api"', base)
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
  readonly #runs: ServedRuns

  constructor(flows: ServedFlows, authorize: ServeOptions['authorize'], maxBody: number) {
    this.#flows = flows
    this.#runs = new ServedRuns(flows)
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
    if (
      kind === 'runs' &&
      name !== undefined &&
      rest[0] === 'signals' &&
      rest[1] !== undefined &&
      rest.length === 2
    ) {
      const [, signal] = rest as [string, string]
      return this.#allow(request, ['POST'], () => this.#signal(request, name, signal))
    }
    if (kind === 'runs' && name !== undefined && rest.length === 0) {
      return this.#allow(request, ['GET', 'DELETE'], () => this.#inspect(request, name))
    }
    throw new Refusal(
      404,
      'expected GET /flows, POST /flows/:name, GET or DELETE /runs/:id, or POST /runs/:id/signals/:name',
    )
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
    const decision = await this.#decide(request, access)
    if (decision === true) return undefined
    if (typeof decision === 'object' && decision !== null && typeof decision.user === 'string')
      return decision.user
    throw new Refusal(403, 'not allowed')
  }

  async #decide(request: Request, access: Access): Promise<Authorization> {
    try {
      return await this.#authorize(request, access)
    } catch (error) {
      warn('authorize', `authorize failed, so the request was refused: ${String(error)}`)
      throw new Refusal(500, 'who may do this could not be decided')
    }
  }

  async #list(request: Request): Promise<Response> {
    await this.#permit(request, { action: 'list' })
    const flows = Object.entries(this.#flows).map(([name, { name: flow, version, schemas, signals }]) => ({
      name,
      flow,
      version,
      input: toJsonSchema(schemas.input),
      output: toJsonSchema(schemas.output),
      chunk: toJsonSchema(schemas.chunk),
      signals: signals.map((signal) => ({ name: signal.name, value: toJsonSchema(signal.schema) })),
    }))
    return Response.json({ flows })
  }

  async #run(request: Request, name: string): Promise<Response> {
    const { input, session, metadata, idempotencyKey } = await readBody(request, this.#maxBody)
    // Which flows there are is no business of who may not run them.
    const user = await this.#permit(request, { action: 'run', flow: name, session })
    const flow = Object.hasOwn(this.#flows, name) ? this.#flows[name] : undefined
    if (flow === undefined) {
      throw new Refusal(404, `no flow "${name}", expected one of: ${Object.keys(this.#flows).join(', ')}`)
    }
    if (idempotencyKey !== undefined && !flow.hasStore) {
      throw new Refusal(400, `idempotencyKey: expected a flow with a store, got "${name}" without one`)
    }
    const options: RunOptions = {
      ...(session === undefined ? {} : { session }),
      ...(metadata === undefined ? {} : { metadata }),
      // What one user calls a key is another's run.
      ...(idempotencyKey === undefined
        ? {}
        : { idempotencyKey: JSON.stringify([user ?? null, idempotencyKey]) }),
      ...(user === undefined ? {} : { user }),
      // A run that a store keeps goes on without its caller.
      ...(flow.hasStore ? {} : { signal: request.signal }),
    }
    const start = flow.start as (input: unknown, options: RunOptions) => RunHandle<unknown>
    const run = runWithin(request.headers, () => start(input, options))
    if (!flow.hasStore) this.#runs.add(name, user, run, request.signal)
    const wantsEvents = request.headers.get('accept')?.includes('text/event-stream') === true
    return wantsEvents
      ? answerEvents(run, flow.hasStore)
      : answerOnce(run, flow.hasStore ? flow.get(run.id) : undefined)
  }

  async #inspect(request: Request, runId: string): Promise<Response> {
    const action = request.method === 'DELETE' ? 'cancel' : 'read'
    const run = await this.#find(request, action, runId)
    if (action === 'cancel') await run.cancel()
    return Response.json(await run.view())
  }

  async #signal(request: Request, runId: string, name: string): Promise<Response> {
    const run = await this.#find(request, 'signal', runId)
    const signals = this.#flows[run.flow]?.signals ?? []
    const signal = signals.find((one) => one.name === name)
    if (run.stored === undefined || signal === undefined) {
      const names = signals.map((one) => one.name).join(', ') || 'none: see `signals` of the flow'
      throw new Refusal(404, `no signal "${name}" of flow "${run.flow}", expected one of: ${names}`)
    }
    const { value, key, id } = (await readBody(request, this.#maxBody)) as {
      value?: unknown
      key?: unknown
      id?: unknown
    }
    for (const [option, text] of Object.entries({ key, id })) {
      if (text !== undefined && typeof text !== 'string')
        throw new Refusal(400, `${option}: expected a string`)
    }
    try {
      await run.stored.signal(signal, value as never, {
        ...(key === undefined ? {} : { key: key as string }),
        ...(id === undefined ? {} : { id: id as string }),
      })
    } catch (error) {
      if (error instanceof FlowValidationError) throw new Refusal(400, error.message)
      if (error instanceof UsageError) throw new Refusal(409, error.message)
      throw error
    }
    return Response.json({ runId, signal: name }, { status: 202 })
  }

  /** Whether a run exists is no business of who may not see it. */
  async #find(request: Request, action: 'read' | 'cancel' | 'signal', runId: string): Promise<ServedRun> {
    const run = await this.#runs.find(runId)
    const user = await this.#permit(request, { action, flow: run?.flow ?? '', runId, user: run?.user })
    if (run === undefined || (user !== undefined && run.user !== user))
      throw new Refusal(404, `no run "${runId}" of the flows that are served here`)
    return run
  }
}
