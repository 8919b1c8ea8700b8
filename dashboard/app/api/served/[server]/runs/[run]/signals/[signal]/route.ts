import { sendSignal } from '#data/flow-servers/gateway.ts'
import { pathValue } from '#filters/path-value.ts'

interface Context {
  readonly params: Promise<{ server: string; run: string; signal: string }>
}

/** Sends a signal to a run on one of the configured servers. */
export async function POST(request: Request, { params }: Context): Promise<Response> {
  const { server, run, signal } = await params
  return sendSignal(request, pathValue(server), pathValue(run), pathValue(signal))
}
