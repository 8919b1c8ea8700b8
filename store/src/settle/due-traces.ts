import { forEachRow } from '../native/query-native.ts'
import { EXPIRY_MS } from '../run-model/status.ts'
import type { Store } from '../store.ts'
import { isPast, NOW } from './quiet.ts'
import type { Sweep } from './sweep.ts'
import { TRACE_NAME, type TraceOfProject } from './trace-name.ts'

/** A trace that is never quiet settles this often, so that a long run shows while it goes on. */
const LONGEST_WAIT_MS = 30_000

export interface DueTrace extends TraceOfProject {
  /** What the pass subtracts once it is done: span records that came, and a reminder to look whether a run has expired. */
  readonly spansSeen: number
  readonly expirySeen: number
  /** Receipt of its oldest span that is not settled, milliseconds since 1970; undefined: it was settled before. */
  readonly sinceMs: number | undefined
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

const CLOCK = `toUnixTimestamp64Milli(${NOW}) AS now_ms, toUnixTimestamp64Micro(now64(6, 'UTC')) AS version`

export async function readClock(store: Store, now: Date | undefined): Promise<PassClock> {
  let clock: PassClock | undefined
  await forEachRow(store, `SELECT ${CLOCK}`, { now: now ?? null }, (columns, row) => {
    clock = {
      nowMs: Number(columns.get('now_ms')![row]),
      version: columns.get('version')![row] as bigint,
    }
  })
  return clock!
}

/** The traces of the sweep's range whose spans became quiet or whose expiry is due: as many as its bounds allow. */
export async function readDueTraces(
  store: Store,
  { quietMs, now, sweep }: { quietMs: number; now: Date | undefined; sweep: Sweep },
): Promise<DueTraces> {
  const clock = await readClock(store, now)
  const { traces: mostTraces, spans: mostSpans } = sweep.bounds
  const postponed = sweep.postponed.names
  const params = { ...sweep.range, quietMs, postponed, now: now ?? null, mostTraces, mostSpans }
  const traces: DueTrace[] = []
  let spans = 0
  await forEachRow(store, DUE, params, (columns, row) => {
    const value = (name: string) => columns.get(name)![row]
    const spansSeen = Number(value('spans_seen'))
    spans += Math.abs(spansSeen)
    traces.push({
      project: value('project') as string,
      traceId: value('id') as string,
      spansSeen,
      expirySeen: Number(value('expiry_seen')),
      sinceMs: Number(value('is_new')) === 1 ? Number(value('since_ms')) : undefined,
    })
  })
  return { traces, limited: traces.length >= mostTraces || spans >= mostSpans, clock }
}

const DUE = `
  SELECT project, trace_id AS id, spans_seen, expiry_seen, toUnixTimestamp64Milli(oldest_span) AS since_ms,
    toUInt8(last_pass = toDateTime64(0, 3, 'UTC') AND expiry_seen = 0) AS is_new
  FROM (
    SELECT *, sum(abs(spans_seen)) OVER (ORDER BY trace_id, project) - abs(spans_seen) AS spans_before
    FROM (
      SELECT
        project, trace_id,
        sumIf(pending, reason = 'spans') AS spans_seen,
        sumIf(pending, reason = 'expiry') AS expiry_seen,
        maxIf(due, reason = 'spans') AS newest_span,
        minIf(since, reason = 'spans') AS oldest_span,
        maxIf(settled, reason = 'spans') AS last_pass,
        maxIf(due, reason = 'expiry') AS expiry
      FROM unsettled_traces
      WHERE trace_id BETWEEN toFixedString(unhex({first:String}), 16) AND toFixedString(unhex({last:String}), 16)
      GROUP BY project, trace_id
      HAVING ${TRACE_NAME} NOT IN {postponed:Array(String)} AND (
        (spans_seen != 0 AND ${isPast('newest_span', '{quietMs:UInt32}')})
        OR (spans_seen != 0 AND ${isPast('greatest(oldest_span, last_pass)', LONGEST_WAIT_MS)})
        OR (spans_seen = 0 AND expiry_seen != 0 AND ${isPast(`expiry - toIntervalMillisecond(${EXPIRY_MS})`, EXPIRY_MS)}))
      ORDER BY trace_id, project
      LIMIT {mostTraces:UInt32}
    )
  )
  WHERE spans_before < {mostSpans:UInt64}
  ORDER BY trace_id, project
  SETTINGS max_threads = 1`
