import { CursorError, searchRuns, toRunRowJson } from '@weir/store/pages'
import { readStore } from '#data/store.ts'
import { explainStoreError } from '#data/store-problem.ts'
import { BadRequestError, parseRunSearch } from '#filters/run-search.ts'

/** The runs that a query finds, a page at a time, as `weir runs --json` prints them. */
export async function GET(request: Request): Promise<Response> {
  const headers = { 'Cache-Control': 'no-store' }
  try {
    const search = parseRunSearch(new URL(request.url).searchParams, Date.now())
    const { runs, next } = await readStore((store) => searchRuns(store, search))
    return Response.json({ runs: runs.map(toRunRowJson), next }, { headers })
  } catch (error) {
    if (error instanceof BadRequestError || error instanceof CursorError)
      return Response.json({ error: error.message }, { status: 400, headers })
    const problem = explainStoreError(error)
    if (!problem) throw error
    return Response.json({ error: `${problem.title}: ${problem.detail}` }, { status: 503, headers })
  }
}
