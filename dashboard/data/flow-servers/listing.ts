import { z } from 'zod'
import type { JsonSchema, ServedFlow } from '#components/served/served-flow.ts'
import { ask, type FlowServer, FlowServerError, flowServers, readJson } from './flow-server.ts'

/** What a server offers, or why that is not known. */
export type Listing =
  | {
      readonly url: string
      readonly kind: 'Weir' | 'Genkit'
      readonly flows: readonly ServedFlow[]
      readonly problem?: undefined
    }
  | { readonly url: string; readonly problem: FlowServerError }

const TIMEOUT_MS = 2_000
/** Milliseconds: pages that render themselves again need not ask each time. */
const REMEMBERED_FOR = 2_000

/** Levels of a JSON Schema: pages pass it on, and cannot pass on any depth. */
const MAX_SCHEMA_DEPTH = 100

/** What is no schema here is not known: the flow can be run all the same, and so can the others of its server. */
const jsonSchema: z.ZodType<JsonSchema | undefined> = z
  .record(z.string(), z.unknown())
  .refine(isShallow)
  .optional()
  .catch(undefined)
const weirFlows = z.object({
  flows: z.array(
    z.object({
      name: z.string(),
      flow: z.string(),
      version: z.string().optional(),
      input: jsonSchema,
      signals: z.array(z.object({ name: z.string(), value: jsonSchema })).default([]),
    }),
  ),
})
const genkitActions = z.record(
  z.string(),
  z.object({
    name: z.string(),
    description: z.string().nullish(),
    inputSchema: jsonSchema,
  }),
)

const remembered = new Map<string, { readonly at: number; readonly listing: Promise<Listing> }>()

/** What all servers offer, in their order. @throws ConfigError */
export function listServers(): Promise<Listing[]> {
  return Promise.all(flowServers().map(listServer))
}

export function listServer(server: FlowServer): Promise<Listing> {
  const known = remembered.get(server.url)
  if (known !== undefined && performance.now() - known.at < REMEMBERED_FOR) return known.listing
  const listing = askForFlows(server).catch((problem: unknown): Listing => {
    if (problem instanceof FlowServerError) return { url: server.url, problem }
    throw problem
  })
  remembered.set(server.url, { at: performance.now(), listing })
  return listing
}

/** A Genkit app says so with each answer, also with that to a path that it does not have. */
async function askForFlows(server: FlowServer): Promise<Listing> {
  const { url } = server
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const response = await ask(server, '/flows', { signal })
  if (response.headers.has('x-genkit-version')) {
    await response.body?.cancel()
    const actions = await readJson(server, await ask(server, '/api/actions', { signal }))
    return { url, kind: 'Genkit', flows: toGenkitFlows(parse(server, genkitActions, actions)) }
  }
  if (response.status === 401 || response.status === 403) {
    throw new FlowServerError(
      `${url} refuses to tell its flows (HTTP ${response.status}).`,
      `Give its key in WEIR_FLOW_SERVER_KEYS, as ${url}=key: what decides there gets it as “authorization: Bearer key”.`,
    )
  }
  const answer = await readJson(server, response)
  return { url, kind: 'Weir', flows: parse(server, weirFlows, answer).flows }
}

function toGenkitFlows(actions: z.output<typeof genkitActions>): ServedFlow[] {
  return Object.entries(actions)
    .filter(([key]) => key.startsWith('/flow/'))
    .map(([key, { name, description, inputSchema }]) => ({
      name: key,
      flow: name,
      description: description ?? undefined,
      input: inputSchema,
      signals: [],
    }))
}

function isShallow(schema: unknown): boolean {
  let level = [schema]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_SCHEMA_DEPTH) return false
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    )
  }
  return true
}

function parse<T>(server: FlowServer, schema: z.ZodType<T>, value: unknown): T {
  const { success, data, error } = schema.safeParse(value)
  if (success) return data
  throw new FlowServerError(
    `${server.url} answers, and not with a list of flows.`,
    'Expected the address at which serve of @weir/sdk answers, with its base, or the reflection server of a Genkit app.',
    error,
  )
}
