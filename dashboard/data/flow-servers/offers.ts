import type { Offer, RunView } from '#components/served/served-flow.ts'
import { ask, type FlowServer, FlowServerError, flowServers, segment } from './flow-server.ts'
import { listServers } from './listing.ts'
import { readRunView } from './run-view.ts'

const TIMEOUT_MS = 2_000

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
  /** Servers that offer the flow and have no such run, or none that the dashboard may see. */
  readonly strangers: readonly string[]
}

/** Asks the servers that offer a run's flow. @throws ConfigError */
export async function findHolder(flow: string, runId: string): Promise<RunHolders> {
  const [offers, listings] = await Promise.all([listOffers(flow), listServers()])
  const problems = listings.flatMap(({ problem }) => problem ?? [])
  const strangers: string[] = []
  for (const offer of offers) {
    const server = flowServers().find(({ url }) => url === offer.server)
    if (offer.kind === 'Genkit' || server === undefined) continue
    try {
      const view = await readView(server, runId)
      if (view !== undefined) return { holder: { offer, view }, problems: [], strangers: [] }
      strangers.push(server.url)
    } catch (error) {
      if (!(error instanceof FlowServerError)) throw error
      problems.push(error)
    }
  }
  return { problems, strangers }
}

/** Undefined: the server has no such run. @throws FlowServerError */
async function readView(server: FlowServer, runId: string): Promise<RunView | undefined> {
  const name = segment(runId)
  if (name === undefined) return undefined
  const response = await ask(server, `/runs/${name}`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (response.status !== 404) return readRunView(server, response)
  await response.body?.cancel()
  return undefined
}
