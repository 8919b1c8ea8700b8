import { latestSettled } from '@weir/store'
import { openStore } from '../../../data/store.ts'

/** A token that changes when a run settles: pages ask for it and render again when it changed. */
export async function GET(request: Request): Promise<Response> {
  const headers = { 'Cache-Control': 'no-store' }
  const flow = new URL(request.url).searchParams.get('flow') ?? undefined
  try {
    return Response.json({ token: await latestSettled(await openStore(), { flow }) }, { headers })
  } catch {
    return Response.json({ token: '' }, { status: 503, headers })
  }
}
