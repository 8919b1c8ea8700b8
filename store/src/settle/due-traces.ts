import { forEachRow, idsSql, type ReadValue } from '../native/query-native.ts'
import { CLOCKS_DIFFER_MS, EXPIRY_MS } from '../run-model/status.ts'
import type { Store } from '../store.ts'
import type { Sweep } from './sweep.ts'
import { TRACE_NAME, type TraceOfProject } from './trace-name.ts'

/** A trace that is never quiet settles this often, so that a long run shows while it goes on. */
const LONGEST_WAIT_MS = 30_000

export interface DueTrace extends TraceOfProject {
  /** What the pass subtracts once it is done. */
  readonly pending: readonly Pending[]
  /** Receipt of its oldest span that is not settled, milliseconds since 1970; undefined: it was settled before. */
  readonly sinceMs: number | undefined
}

/** Why a trace is to be settled: span records that came, or a reminder to look whether a run has expired. */
export interface Pending {
  readonly reason: 'spans' | 'expiry'
  /** Milliseconds since 1970; of a reminder that of the newest span then. */
  readonly receivedMs: number
  /** How many; less than 0 where passes overlapped. */
  readonly count: number
}

/** What a pass takes. */
export interface DueTraces {
  readonly traces: readonly DueTrace[]
  /** The bounds of a pass left something of the range. */
  readonly limited: boolean
  readonly clock: PassClock
}

/** ClickHouse's clock before any span was read, unless a test says otherwise. */
export interface PassClock {
  /** Milliseconds since 1970. */
  readonly nowMs: number
  /** Microseconds since 1970, always of ClickHouse: of two passes over a trace, the one that read later wins. */
  readonly version: bigint
}

/** The time of a pass: that of ClickHouse, as the receipts are, unless a test says otherwise. The worker's clock may be wrong. */
const NOW = `ifNull({now:Nullable(DateTime64(3))}, now64(3, 'UTC'))`

/**
 * SQL: whether `time` was so many milliseconds ago. A time that is still to come was before the clock was set back: nobody
 * knows how long ago that was, and who waits until the clock comes there again waits for hours.
 */
function isPast(time: string, milliseconds: string | number): string {
  return `(${time} <= ${NOW} - toIntervalMillisecond(${milliseconds})
      OR ${time} > ${NOW} + toIntervalMillisecond(${CLOCKS_DIFFER_MS}))`
}

const CLOCK = `toUnixTimestamp64Milli(${NOW}) AS now_ms, toUnixTimestamp64Micro(now64(6, 'UTC')) AS version`

export async function readClock(store: Store, now: Date | undefined): Promise<PassClock> {
  let clock: PassClock | undefined
  await forEachRow(store, `SELECT ${CLOCK}`, { now: now ?? null }, (value) => {
    clock = toClock(value)
  })
  return clock!
}

function toClock(value: ReadValue): PassClock {
  return { nowMs: Number(value('now_ms')), version: value('version') as bigint }
}

/**
 * The traces of the sweep's range whose spans became quiet or whose expiry is due: as many as its bounds allow.
 * @returns undefined: there is none
 */
export async function readDueTraces(
  store: Store,
  { quietMs, now, sweep }: { quietMs: number; now: Date | undefined; sweep: Sweep },
): Promise<DueTraces | undefined> {
  const { traces: mostTraces, spans: mostSpans } = sweep.bounds
  const postponed = sweep.postponed.names
  const params = { ...sweep.range, quietMs, postponed, now: now ?? null, mostTraces }
  const traces: DueTrace[] = []
  let spans = 0
  let clock: PassClock | undefined
  await forEachRow(store, DUE, params, (value) => {
    clock ??= toClock(value)
    if (spans >= mostSpans) return
    spans += Number(value('spans'))
    traces.push(toDueTrace(value))
  })
  return clock && { traces, limited: traces.length >= mostTraces || spans >= mostSpans, clock }
}

function toPending(
  reasons: readonly Pending['reason'][],
  receipts: readonly bigint[],
  counts: readonly bigint[],
): Pending[] {
  return reasons.map((reason, at) => {
    return { reason, receivedMs: Number(receipts[at]), count: Number(counts[at]) }
  })
}

/** SQL over `unsettled_traces`: what is left of the traces of some rows, a row each, and the clock. */
const leftOf = (rows: string): string => `
      SELECT
        project, trace_id AS id, ${CLOCK},
        sumIf(abs(count), reason = 'spans') AS spans,
        minIf(received, reason = 'spans') AS oldest_span,
        maxIf(received, reason = 'spans') AS newest_span,
        maxIf(received, reason = 'expiry') AS newest_reminder,
        max(reason = 'expiry') AS has_reminder,
        groupArray(reason) AS reasons, groupArray(received) AS receipts, groupArray(count) AS counts
      FROM (
        SELECT project, trace_id, reason, received, sum(pending) AS count
        FROM unsettled_traces
        WHERE ${rows}
        GROUP BY project, trace_id, reason, received
        HAVING count != 0
      )
      GROUP BY project, trace_id`

const DUE = `
  ${leftOf(`trace_id BETWEEN toFixedString(unhex({first:String}), 16) AND toFixedString(unhex({last:String}), 16)`)}
  HAVING ${TRACE_NAME} NOT IN {postponed:Array(String)} AND (
    (spans > 0 AND ${isPast('newest_span', '{quietMs:UInt32}')})
    OR (spans > 0 AND ${isPast('oldest_span', LONGEST_WAIT_MS)})
    OR (spans = 0 AND ${isPast('newest_reminder', EXPIRY_MS)}))
  ORDER BY trace_id, project
  LIMIT {mostTraces:UInt32}
  SETTINGS max_threads = 1`

/**
 * Of these traces, those that are not settled, however new their spans are, in groups of some `spans` spans.
 * @param traceIds 32 hex digits each, at least one
 */
export async function readUnsettledTraces(
  store: Store,
  { project, traceIds, spans: mostSpans }: { project: string; traceIds: readonly string[]; spans: number },
): Promise<DueTrace[][]> {
  const ofThem = `project = {project:String} AND trace_id IN ${idsSql(traceIds, 16)}`
  const query = `${leftOf(ofThem)} ORDER BY trace_id`
  const groups: DueTrace[][] = []
  let spans = mostSpans
  await forEachRow(store, query, { project, now: null }, (value) => {
    if (spans >= mostSpans) {
      groups.push([])
      spans = 0
    }
    spans += Number(value('spans'))
    groups.at(-1)!.push(toDueTrace(value))
  })
  return groups
}

function toDueTrace(value: ReadValue): DueTrace {
  return {
    project: value('project') as string,
    traceId: value('id') as string,
    pending: toPending(
      value('reasons') as readonly Pending['reason'][],
      value('receipts') as readonly bigint[],
      value('counts') as readonly bigint[],
    ),
    sinceMs: value('has_reminder') === 0 ? Number(value('oldest_span')) : undefined,
  }
}
