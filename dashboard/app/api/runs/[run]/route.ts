import { findRunId, getRunRecords } from '@weir/store/pages'
import { readStore } from '#data/store.ts'
import { explainStoreError } from '#data/store-problem.ts'
import { pathValue } from '#filters/path-value.ts'

interface Context {
  readonly params: Promise<{ run: string }>
}

/** Input and output of a run, whole. */
export async function GET(_request: Request, { params }: Context): Promise<Response> {
  const runId = pathValue((await params).run)
  try {
    const [run] = await readStore(async (store) => {
      const runIds = [(await findRunId(store, { runId })) ?? runId]
      return getRunRecords(store, { runIds })
    })
    if (!run) return Response.json({ error: 'This run is not stored' }, { status: 404 })
    return Response.json({ input: run.input, output: run.output })
  } catch (error) {
    const problem = explainStoreError(error)
    if (!problem) throw error
    return Response.json({ error: `${problem.title}: ${problem.detail}` }, { status: 503 })
  }
}
