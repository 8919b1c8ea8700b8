import { latestSettled } from '@weir/store/pages'
import { readStore } from '#data/store.ts'
import { explainStoreError } from '#data/store-problem.ts'

/** How long ClickHouse may leave a ping unanswered: shorter than for a page, since the reader waits for the next look too. */
const TIMEOUT_MS = 1_200

/** A token that changes when a run settles: pages ask for it and render again when it changed. */
export async function GET(request: Request): Promise<Response> {
  const headers = { 'Cache-Control': 'no-store' }
  const flow = new URL(request.url).searchParams.get('flow') ?? undefined
  try {
    const token = await readStore((store) => latestSettled(store, { flow }), TIMEOUT_MS)
    return Response.json({ token }, { headers })
  } catch (error) {
    const { title, detail } = explainStoreError(error) ?? { title: 'The store failed', detail: '' }
    return Response.json({ problem: title, detail }, { status: 503, headers })
  }
}
