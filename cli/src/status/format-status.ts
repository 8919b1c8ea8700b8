import { formatAge, formatMegabytes, formatTable } from '../table.ts'
import type { IngestStatus } from './ingest.ts'
import type { InspectedProcess, InstallationStatus } from './installation-status.ts'

export interface Addresses {
  /** Without passwords. */
  readonly store: string
  readonly collector: string
}

/** What `weir status` prints, line by line. @param now milliseconds since 1970 */
export function formatStatus(status: InstallationStatus, addresses: Addresses, now: number): string[] {
  const { home, supervisor, processes, ingest, stored, storeProblem } = status
  const head =
    supervisor === null
      ? [`weir is not running on ${home}: start it with "weir up"`]
      : [`weir runs on ${home} (pid ${supervisor})`, ...formatProcesses(processes, now)]
  if (supervisor === null && ingest === null && stored === null && storeProblem === undefined) return head
  return [
    ...head,
    ...(ingest === null
      ? [`collector: no answer at ${addresses.collector}`]
      : [...formatIngest(ingest), ...formatLog(ingest)]),
    ...(stored === null
      ? [`store: ${storeProblem ?? `no answer at ${addresses.store}`}`]
      : formatStore(stored, now)),
  ]
}

function formatProcesses(processes: readonly InspectedProcess[], now: number): string[] {
  return formatTable(
    ['process', 'state', 'pid', 'uptime', 'RSS', 'restarts', 'url'],
    processes.map((row) => [
      row.name,
      row.state,
      String(row.pid ?? '-'),
      row.pid === undefined ? '-' : formatAge(now - row.startedAt),
      row.residentBytes === undefined ? '-' : formatMegabytes(row.residentBytes),
      String(row.restarts),
      row.url,
    ]),
  )
}

function formatIngest(ingest: IngestStatus): string[] {
  const reasons = Object.entries(ingest.rejected).filter(([, spans]) => spans > 0)
  const refused = reasons.reduce((sum, [, spans]) => sum + spans, 0)
  const why =
    reasons.length === 0 ? '' : ` (${reasons.map(([reason, spans]) => `${reason} ${spans}`).join(', ')})`
  const ledger = `${or(ingest.received)} received = ${or(ingest.stored)} stored + ${refused} rejected${why} + ${or(ingest.pending)} pending`
  return [`ingest: ${or(ingest.spansPerSecond)} spans/s; ${ledger}`, `lag: ${formatLag(ingest.lagSeconds)}`]
}

function formatLag(seconds: number | null): string {
  if (seconds === null) return '?'
  if (seconds === 0) return 'none, ClickHouse has all spans'
  return `the oldest pending span came ${formatAge(seconds * 1000)} ago`
}

function formatLog({ log }: IngestStatus): string[] {
  if (log.bytes === null) return []
  const budget = log.maxBytes === null ? '' : ` of ${formatMegabytes(log.maxBytes)}`
  const line = `log: ${formatMegabytes(log.bytes)}${budget}, ${or(log.segments)} segments to deliver`
  if (!log.quarantinedBlocks) return [line]
  const bytes = formatMegabytes(log.quarantinedBytes ?? 0)
  return [
    line,
    `quarantine: ${log.quarantinedBlocks} blocks, ${bytes}, could not be stored; see the collector's log`,
  ]
}

function formatStore(stored: NonNullable<InstallationStatus['stored']>, now: number): string[] {
  const { spans, runs, unsettledTraces, newestSpanMs, diskBytes } = stored
  const newest = newestSpanMs === null ? '' : `, the newest span came ${formatAge(now - newestSpanMs)} ago`
  return [
    `store: ${spans} spans, ${runs} runs, ${formatMegabytes(diskBytes)} on disk${newest}`,
    `settling: ${unsettledTraces} traces not settled yet`,
  ]
}

function or(value: number | null): string {
  return value === null ? '?' : String(value)
}
