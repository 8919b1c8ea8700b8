import { z } from 'zod'
import type { Offer, RunView } from '#components/served/served-flow.ts'
import { ask, type FlowServer, FlowServerError, flowServers, readJson } from './flow-server.ts'
import { listServers } from './listing.ts'

const TIMEOUT_MS = 2_000

const text = z.string().exactOptional()
const runView: z.ZodType<RunView> = z.object({
  status: z.string(),
  waitingFor: z
    .array(z.object({ signal: text, key: text, until: z.iso.datetime().exactOptional() }))
    .exactOptional(),
})

/** Who offers a flow, in the order of WEIR_FLOW_SERVERS. @throws ConfigError */
export async function listOffers(flow: string): Promise<Offer[]> {
  const listings = await listServers()
  return listings.flatMap((listing) => {
    if (listing.problem !== undefined) return []
    const { url: server, kind, flows } = listing
    return flows.filter((one) => one.flow === flow).map((one) => ({ ...one, server, kind }))
  })
}

/** Where a run can be sent signals, and what it waits for; or who did not answer. */
export interface RunHolders {
  readonly holder?: { readonly offer: Offer; readonly view: RunView } | undefined
  readonly problems: readonly FlowServerError[]
}

/** Asks the servers that offer a run's flow. @throws ConfigError */
export async function findHolder(flow: string, runId: string): Promise<RunHolders> {
  const [offers, listings] = await Promise.all([listOffers(flow), listServers()])
  const problems = listings.flatMap(({ problem }) => problem ?? [])
  for (const offer of offers) {
    const server = flowServers().find(({ url }) => url === offer.server)
    if (offer.kind === 'Genkit' || server === undefined) continue
    try {
      const view = await readView(server, runId)
      if (view !== undefined) return { holder: { offer, view }, problems: [] }
    } catch (error) {
      if (!(error instanceof FlowServerError)) throw error
      problems.push(error)
    }
  }
  return { problems }
}

async function readView(server: FlowServer, runId: string): Promise<RunView | undefined> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const response = await ask(server, `/runs/${encodeURIComponent(runId)}`, { signal })
  const { success, data } = runView.safeParse(await readJson(server, response))
  return response.ok && success ? data : undefined
}
