import { getSpan } from '@weir/store/pages'
import { toSpanJson } from '#components/run/viewer/span-json.ts'
import { readStore } from '#data/store.ts'
import { explainStoreError } from '#data/store-problem.ts'

interface Context {
  readonly params: Promise<{ trace: string; span: string }>
}

/** One span with everything recorded; `?full=1` gives long values whole. */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  const { trace, span } = await params
  const [traceId, spanId] = [trace.toLowerCase(), span.toLowerCase()]
  if (!/^[0-9a-f]{32}$/.test(traceId) || !/^[0-9a-f]{16}$/.test(spanId)) {
    return Response.json(
      { error: 'expected a trace id of 32 and a span id of 16 hex digits' },
      { status: 400 },
    )
  }
  try {
    const found = await readStore((store) => getSpan(store, { traceId, spanId }))
    if (!found) return Response.json({ error: 'This span is not stored' }, { status: 404 })
    return Response.json(toSpanJson(found, new URL(request.url).searchParams.get('full') === '1'))
  } catch (error) {
    const problem = explainStoreError(error)
    if (!problem) throw error
    return Response.json({ error: `${problem.title}: ${problem.detail}` }, { status: 503 })
  }
}
