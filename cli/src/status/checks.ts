import { diskProblem, formatSpace } from '@weir/store'
import { formatAge, formatMegabytes } from '../table.ts'
import type { Finding } from './finding.ts'
import type { InspectedProcess } from './inspect-process.ts'
import type { InstallationStatus } from './installation-status.ts'
import { checkRetention } from './retention.ts'
import { checkDamagedParts, checkDetachedParts, checkMerges, checkMissingSpans } from './store-checks.ts'

/** Clocks that differ by less do no harm. */
const CLOCK_MS = 5_000
/** Spans are settled within seconds; a backlog is worked off in rounds, each of which settles something. */
const SETTLING_MS = 60_000

const ENDED_BY_ITSELF = new Set(['frozen', 'not answering', 'restarting'])

/** All that can be said of an installation that runs, in the order in which `weir doctor` prints it. */
export function checkInstallation(status: InstallationStatus, now: number): Finding[] {
  return [
    ...checkProcesses(status, now),
    checkDisk(status),
    checkQuarantine(status),
    checkStore(status),
    checkDetachedParts(status),
    checkDamagedParts(status),
    checkMerges(status),
    checkMissingSpans(status),
    checkSettling(status, now),
    ...checkJudging(status),
    checkRetention(status.retention, now),
    checkClock(status, now),
  ].filter((finding) => finding !== undefined)
}

function checkProcesses({ supervisor, processes, home }: InstallationStatus, now: number): Finding[] {
  if (supervisor === null) return []
  const found = processes.filter(({ state }) => state !== 'ready').map((row) => checkProcess(row, home, now))
  if (found.length > 0) return found
  const restarted = processes.filter(({ restarts }) => restarts > 0)
  const restarts = restarted.map(({ name, restarts: times, lastEnd }) => `${name} ${times}x, it ${lastEnd}`)
  const more = restarts.length === 0 ? '' : `; started again: ${restarts.join('; ')}`
  return [{ name: 'processes', ok: true, found: `${processes.length} run and answer${more}` }]
}

function checkProcess(row: InspectedProcess, home: string, now: number): Finding {
  const { name, note, lastEnd } = row
  const why = [note, lastEnd === undefined ? undefined : `before, it ${lastEnd}`].filter(Boolean)
  return {
    name,
    ok: false,
    found: `is ${formatState(row, now)}${why.length === 0 ? '' : `: ${why.join('; ')}`}`,
    advice: `${ENDED_BY_ITSELF.has(row.state) ? 'it is started again by itself (WEIR_LIVENESS_TIMEOUT); ' : ''}see ${home}/log/${name}.log`,
  }
}

/** @example "not answering for 12 s" */
export function formatState({ state, silentSince }: InspectedProcess, now: number): string {
  if (silentSince === undefined || state === 'ready') return state
  return `${state} for ${formatAge(now - silentSince)}`
}

/** The disks of the home and of ClickHouse, which is another one where the server is the user's. */
function checkDisk({ home, disk, storeHealth }: InstallationStatus): Finding {
  const problem =
    diskProblem(disk ?? undefined, home) ??
    (storeHealth?.disk && diskProblem(storeHealth.disk, storeHealth.disk.path))
  if (problem === undefined) {
    return {
      name: 'disk',
      ok: true,
      found: disk === null ? 'not known' : `${formatSpace(disk)} left at ${home}`,
    }
  }
  const isFull = problem.includes('is full')
  return {
    name: 'disk',
    ok: false,
    isWarning: !isFull,
    found: problem,
    advice: `${isFull ? 'spans are refused until there is room' : 'when it is full, spans are refused'}: free some, or move WEIR_HOME to a bigger disk`,
  }
}

function checkQuarantine({ ingest }: InstallationStatus): Finding | undefined {
  if (ingest === null) return undefined
  const { quarantinedBlocks, quarantinedSpans, quarantinedBytes } = ingest.log
  if (!quarantinedBlocks) return { name: 'quarantine', ok: true, found: 'empty' }
  const spans = quarantinedSpans === null ? '' : `${quarantinedSpans} spans in `
  return {
    name: 'quarantine',
    ok: false,
    isWarning: true,
    found: `${spans}${quarantinedBlocks} blocks, ${formatMegabytes(quarantinedBytes ?? 0)}, could not be stored`,
    advice: 'they are kept in wal/quarantine: weir quarantine list says why, retry and drop end it',
  }
}

function checkStore({ supervisor, ingest, stored }: InstallationStatus): Finding | undefined {
  if (stored !== null) return { name: 'store', ok: true, found: `${stored.runs} runs, ${stored.spans} spans` }
  if (supervisor === null && ingest === null) return undefined
  return { name: 'store', ok: false, found: 'does not answer', advice: 'see the log of clickhouse' }
}

function checkSettling({ stored }: InstallationStatus, now: number): Finding | undefined {
  if (stored === null) return undefined
  const { unsettledTraces, oldestUnsettledMs, lastSettledMs } = stored
  const last =
    lastSettledMs === null
      ? 'no run was settled yet'
      : `the last run was settled ${formatAge(now - lastSettledMs)} ago`
  if (oldestUnsettledMs === null) return { name: 'settling', ok: true, found: `all is settled; ${last}` }
  const waited = now - oldestUnsettledMs
  const found = `${unsettledTraces} traces wait, the oldest for ${formatAge(waited)}; ${last}`
  const stands = waited > SETTLING_MS && now - (lastSettledMs ?? 0) > SETTLING_MS
  if (!stands) return { name: 'settling', ok: true, found }
  return { name: 'settling', ok: false, found, advice: 'see the log of the worker, and that of clickhouse' }
}

/** A pass that fails is tried again every second: what lasts has another cause than a moment. */
const FAILING_SECONDS = 10

/** The worker, and what its monitors could not do. */
function checkJudging({ judging, stored }: InstallationStatus): Finding[] {
  if (judging === null || stored === null) return []
  const { failingSeconds, failedTraces, unusableMonitors, setAsideScores } = judging
  const problem = (found: string, advice: string): Finding => ({ name: 'judging', ok: false, found, advice })
  const warning = (found: string, advice: string) => ({ ...problem(found, advice), isWarning: true })
  const findings: Finding[] = []
  if (failingSeconds > FAILING_SECONDS) {
    const since = formatAge(failingSeconds * 1000)
    findings.push(problem(`settling or judging has failed for ${since}`, 'see the log of the worker'))
  }
  if (failedTraces > 0) {
    const advice = 'each is tried again within an hour; the log of the worker names them and says why'
    findings.push(warning(`traces that cannot be settled: ${failedTraces}`, advice))
  }
  if (unusableMonitors > 0) {
    const advice = 'the log of the worker says why: weir monitor add them again, or remove them'
    findings.push(warning(`monitors that cannot be read and judge nothing: ${unusableMonitors}`, advice))
  }
  if (setAsideScores > 0) {
    const advice = 'they are stored as unverifiable with the reason; the log of the worker has it too'
    findings.push(
      warning(`scores that ClickHouse refused since the worker was started: ${setAsideScores}`, advice),
    )
  }
  if (findings.length > 0) return findings
  return [{ name: 'judging', ok: true, found: 'monitors have stored every score' }]
}

function checkClock(
  { stored, storeHealth, clocksApartMs }: InstallationStatus,
  now: number,
): Finding | undefined {
  if (storeHealth === null) return undefined
  const name = 'clock'
  if (clocksApartMs > CLOCK_MS) {
    const found = `ClickHouse's clock and this machine's are ${formatAge(clocksApartMs)} apart`
    return { name, ok: false, isWarning: true, found, advice: 'set both by NTP' }
  }
  const ahead = (stored?.newestSpanMs ?? 0) - now
  if (ahead > SETTLING_MS) {
    const found = `the newest span came ${formatAge(ahead)} in the future: the clock was set back`
    return {
      name,
      ok: false,
      isWarning: true,
      found,
      advice: 'ages are wrong until the clock has passed that time',
    }
  }
  return { name, ok: true, found: "this machine's and ClickHouse's agree" }
}
