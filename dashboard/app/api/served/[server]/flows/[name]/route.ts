import { startRun } from '#data/flow-servers/gateway.ts'
import { pathValue } from '#filters/path-value.ts'

interface Context {
  readonly params: Promise<{ server: string; name: string }>
}

/** Runs a flow on one of the configured servers. */
export async function POST(request: Request, { params }: Context): Promise<Response> {
  const { server, name } = await params
  return startRun(request, pathValue(server), pathValue(name))
}
