import { formatSpace } from '@weir/store'
import { formatAge, formatMegabytes, formatTable } from '../table.ts'
import { formatState } from './checks.ts'
import type { Finding } from './finding.ts'
import type { IngestStatus } from './ingest.ts'
import type { InspectedProcess } from './inspect-process.ts'
import type { InstallationStatus } from './installation-status.ts'
import { formatRetention } from './retention.ts'

export interface Addresses {
  /** Without passwords. */
  readonly store: string
  readonly collector: string
}

/** What `weir status` prints, line by line. @param now milliseconds since 1970 */
export function formatStatus(status: InstallationStatus, addresses: Addresses, now: number): string[] {
  const { home, supervisor, processes, ingest, stored, storeProblem, retention, disk, problems } = status
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
    ...(retention === null ? [] : [`retention: ${formatRetention(retention)}`]),
    ...(disk === null ? [] : [`disk: ${formatSpace(disk)} left`]),
    ...problems.map(formatProblem),
  ]
}

function formatProblem({ name, found, advice, isWarning = false }: Finding): string {
  return `${isWarning ? 'warning' : 'problem'}: ${name}: ${found}${advice === undefined ? '' : `; ${advice}`}`
}

function formatProcesses(processes: readonly InspectedProcess[], now: number): string[] {
  return formatTable(
    ['process', 'state', 'pid', 'uptime', 'RSS', 'restarts', 'url'],
    processes.map((row) => [
      row.name,
      formatState(row, now),
      String(row.pid ?? '-'),
      row.pid === undefined ? '-' : formatAge(Math.max(0, now - row.startedAt)),
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
  return [`log: ${formatMegabytes(log.bytes)}${budget}, ${or(log.segments)} segments to deliver`]
}

function formatStore(stored: NonNullable<InstallationStatus['stored']>, now: number): string[] {
  const { spans, runs, unsettledTraces, oldestUnsettledMs, lastSettledMs, newestSpanMs, diskBytes } = stored
  const newest = newestSpanMs === null ? '' : `, the newest span came ${formatAge(now - newestSpanMs)} ago`
  const oldest =
    oldestUnsettledMs === null ? '' : `, the oldest waits for ${formatAge(now - oldestUnsettledMs)}`
  const settled =
    lastSettledMs === null ? '' : `; the last run was settled ${formatAge(now - lastSettledMs)} ago`
  return [
    `store: ${spans} spans, ${runs} runs, ${formatMegabytes(diskBytes)} on disk${newest}`,
    `settling: ${unsettledTraces} traces not settled yet${oldest}${settled}`,
  ]
}

function or(value: number | null): string {
  return value === null ? '?' : String(value)
}
