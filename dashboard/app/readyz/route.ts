import { latestSettled } from '@weir/store/pages'
import { readStore } from '#data/store.ts'
import { explainStoreError } from '#data/store-problem.ts'

/** Ready: the store answers a query on its tables, a cheap one. */
export async function GET(): Promise<Response> {
  const headers = { 'Cache-Control': 'no-store' }
  try {
    await readStore((store) => latestSettled(store))
    return new Response('ok\n', { headers })
  } catch (error) {
    const problem = explainStoreError(error)
    return new Response(`${problem?.title ?? 'The store failed'}\n`, { status: 503, headers })
  }
}
