import { cancelRun, readRun } from '#data/flow-servers/gateway.ts'
import { pathValue } from '#filters/path-value.ts'

interface Context {
  readonly params: Promise<{ server: string; run: string }>
}

/** How a run on one of the configured servers goes, and what it waits for. */
export async function GET(_request: Request, { params }: Context): Promise<Response> {
  const { server, run } = await params
  return readRun(pathValue(server), pathValue(run))
}

/** Cancels it. */
export async function DELETE(_request: Request, { params }: Context): Promise<Response> {
  const { server, run } = await params
  return cancelRun(pathValue(server), pathValue(run))
}
