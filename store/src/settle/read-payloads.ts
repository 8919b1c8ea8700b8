import { forEachRow, idsSql } from '../native/query-native.ts'
import { type Payload, toPayload } from '../run-model/payload.ts'
import type { StoredFacts } from '../run-model/read-facts.ts'
import type { Store } from '../store.ts'

export type Payloads = ReadonlyMap<string, Payload>

export function payloadKey({ traceId, spanId }: { traceId: string; spanId: string }): string {
  return traceId + spanId
}

/** The inputs and outputs of some spans of one project: of each the record that the run model took. */
export async function readPayloads(store: Store, spans: readonly StoredFacts[]): Promise<Payloads> {
  const payloads = new Map<string, Payload>()
  if (spans.length === 0) return payloads
  const { project } = spans[0]!
  const wanted = new Map(spans.map((span) => [payloadKey(span), span]))
  await forEachRow(store, payloadsSql(spans), { project }, (value) => {
    const key = payloadKey({ traceId: value('trace_id') as string, spanId: value('span_id') as string })
    const span = wanted.get(key)
    if (!span || span.endNs !== value('end') || span.receivedMs !== Number(value('received'))) return
    payloads.set(key, toPayload(value))
  })
  return payloads
}

function payloadsSql(spans: readonly StoredFacts[]): string {
  const traceIds = [...new Set(spans.map(({ traceId }) => traceId))].sort()
  const received = spans.reduce(
    (least, { receivedMs }) => Math.min(least, receivedMs),
    Number.POSITIVE_INFINITY,
  )
  return `
    SELECT trace_id, span_id, end, received, input, output, input_type, output_type, input_length, output_length
    FROM spans
    PREWHERE project = {project:String}
      AND trace_id BETWEEN unhex('${traceIds[0]}') AND unhex('${traceIds.at(-1)}')
      AND trace_id IN ${idsSql(traceIds, 16)}
      AND received >= fromUnixTimestamp64Milli(toInt64(${received}), 'UTC')
      AND toFixedString(concat(trace_id, span_id), 24) IN ${idsSql(spans.map(payloadKey), 24)}
    SETTINGS max_threads = 1`
}
