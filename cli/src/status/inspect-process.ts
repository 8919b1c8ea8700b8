import { answersAtAll } from '../supervisor/liveness.ts'
import { answersRedis } from '../supervisor/readiness.ts'
import { inspectGroup, isAlive } from '../supervisor/running-process.ts'
import type { ProcessStatus } from '../supervisor/status-file.ts'

/** A process as the supervisor knows it and as it answers now. */
export type InspectedProcess = ProcessStatus & {
  readonly residentBytes?: number | undefined
  /** What it says of itself beyond being ready: why it is not, or what will soon be the reason. */
  readonly note?: string | undefined
}

/** Longer than for the question whether it lives: it asks its engines in turn. */
const READY_TIMEOUT_MS = 5_000
/** States in which nothing is expected to answer yet. */
const NOT_YET = new Set(['waiting', 'starting', 'restarting'])

/**
 * The supervisor's last word, corrected by what is there: it may have been killed, or have been unable to write, and what
 * stopped answering a second ago is not known to it yet.
 */
export async function inspectProcess(row: ProcessStatus): Promise<InspectedProcess> {
  if (row.state === 'stopping' || row.state === 'stopped') return row
  const pid = row.pid !== undefined && isAlive(row.pid) ? row.pid : undefined
  const group = pid === undefined ? undefined : inspectGroup(pid)
  const known = { ...row, pid, residentBytes: group?.residentBytes }
  if (group?.isFrozen) return { ...known, state: 'frozen', note: 'stopped by a signal such as SIGSTOP' }
  if (!(await answersAtAll(row))) {
    if (NOT_YET.has(row.state)) return known
    return { ...known, state: pid === undefined ? 'dead' : 'not answering' }
  }
  // It answers, so that what the supervisor said of its silence is over.
  const answering = { ...known, silentSince: undefined }
  const { isReady, note } = await readiness(row)
  if (isReady) return { ...answering, state: 'ready', note }
  return { ...answering, state: row.state === 'starting' ? 'starting' : 'not ready', note }
}

async function readiness({
  name,
  url,
}: ProcessStatus): Promise<{ isReady: boolean; note?: string | undefined }> {
  if (name === 'clickhouse') return { isReady: true }
  if (name === 'valkey') {
    const { hostname, port } = new URL(url)
    const isReady = await answersRedis(hostname, Number(port || 6379))
    return isReady
      ? { isReady }
      : { isReady, note: 'it refuses commands, as on a full disk or while it loads' }
  }
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(READY_TIMEOUT_MS) })
    const text = (await response.text()).trim().replaceAll('\n', ', ')
    return { isReady: response.ok, note: text === 'ok' ? undefined : text.replace(/^ok, but /, '') }
  } catch {
    return { isReady: false, note: `/readyz does not answer within ${READY_TIMEOUT_MS / 1000} s` }
  }
}
