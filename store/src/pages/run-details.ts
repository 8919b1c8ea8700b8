import { idsSql, queryNative } from '../native/query-native.ts'
import { assembleRuns } from '../run-model/assemble-runs.ts'
import {
  describeDetails,
  type ReadPayload,
  type SpanUsages,
  sumUsages,
} from '../run-model/describe-details.ts'
import { NO_PAYLOAD } from '../run-model/payload.ts'
import { FACT_COLUMNS, readFacts, type StoredFacts } from '../run-model/read-facts.ts'
import type { Run, RunRecord } from '../run-model/run.ts'
import { type Payloads, payloadKey, readPayloads } from '../settle/read-payloads.ts'
import type { Store } from '../store.ts'

/** Bytes of inputs and outputs that are read of a run's steps and calls; those of later ones are left unread. */
export const MAX_DETAIL_BYTES: number = 8 * 1024 * 1024
/** Bytes of inputs and outputs that are read at once. */
const BYTES_AT_ONCE = 32 * 1024 * 1024

/** A record, and its traces: 32 hex digits each. */
export interface Traced {
  readonly record: RunRecord
  readonly spanCount: number
  readonly traceIds: readonly string[]
}

/** A run as its spans are now, and whose inputs and outputs are to be read. */
interface Wanted {
  readonly record: RunRecord
  /** Undefined: its spans are not those of the record. */
  readonly run: Run | undefined
  readonly spans: readonly StoredFacts[]
  readonly bytes: number
}

/**
 * Adds the details of steps and calls, by the rules by which they became the record: from the spans of its traces. A record whose
 * spans were removed, or got more of them since it settled, stays without.
 */
export async function* addDetails(
  store: Store,
  project: string,
  traced: readonly Traced[],
): AsyncGenerator<RunRecord> {
  if (traced.length === 0) return
  const facts = await readTraceFacts(store, project, [...new Set(traced.flatMap(({ traceIds }) => traceIds))])
  const runs = new Map(assembleRuns(facts, 0).map((run) => [run.runId, run]))
  const usages = sumUsages(facts)
  const wanted = traced.map(({ record }) => toWanted(record, runs.get(record.runId)))
  for (const together of inPortions(wanted)) {
    const payloads = await readPayloads(
      store,
      together.flatMap(({ spans }) => spans),
    )
    for (const one of together) yield withDetails(one, usages, payloads)
  }
}

async function readTraceFacts(
  store: Store,
  project: string,
  traceIds: readonly string[],
): Promise<StoredFacts[]> {
  const query = `
    SELECT ${FACT_COLUMNS.join(', ')},
      greatest(length(input) + length(output), input_type != '' OR output_type != '') AS payload_bytes
    FROM spans PREWHERE project = {project:String} AND trace_id IN ${idsSql(traceIds, 16)}`
  return readFacts(await queryNative(store, query, { project }))
}

function toWanted(record: RunRecord, run: Run | undefined): Wanted {
  if (run === undefined || !isSame(record, run)) return { record, run: undefined, spans: [], bytes: 0 }
  const all = new Set([...run.steps.map(({ span }) => span), ...run.calls.map(({ span }) => span)])
  const spans: StoredFacts[] = []
  let bytes = 0
  for (const span of all as Set<StoredFacts>) {
    if (span.payloadBytes === 0 || bytes + span.payloadBytes > MAX_DETAIL_BYTES) continue
    spans.push(span)
    bytes += span.payloadBytes
  }
  return { record, run, spans, bytes }
}

function isSame(record: RunRecord, run: Run): boolean {
  const areSame = (
    some: readonly { readonly name: string; readonly startNs: number }[],
    others: typeof some,
  ): boolean =>
    some.length === others.length &&
    some.every(({ name, startNs }, at) => name === others[at]!.name && startNs === others[at]!.startNs)
  return (
    record.startUnixNano === run.startUnixNano &&
    areSame(record.steps, run.steps) &&
    areSame(record.calls, run.calls)
  )
}

function inPortions(wanted: readonly Wanted[]): Wanted[][] {
  const portions: Wanted[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const one of wanted) {
    bytes += one.bytes
    if (bytes > BYTES_AT_ONCE) {
      portions.push([])
      bytes = one.bytes
    }
    portions.at(-1)!.push(one)
  }
  return portions
}

function withDetails({ record, run }: Wanted, usages: SpanUsages, payloads: Payloads): RunRecord {
  if (run === undefined) return record
  const details = describeDetails(run, usages, (span): ReadPayload => {
    const { payloadBytes } = span as StoredFacts
    const payload = payloads.get(payloadKey(span))
    if (payload !== undefined || payloadBytes === 0) return { payload: payload ?? NO_PAYLOAD, unreadBytes: 0 }
    return { payload: NO_PAYLOAD, unreadBytes: payloadBytes }
  })
  return {
    ...record,
    steps: record.steps.map((step, at) => ({ ...step, detail: details.steps[at]! })),
    calls: record.calls.map((call, at) => ({ ...call, detail: details.calls[at]! })),
  }
}
