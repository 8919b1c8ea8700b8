import { daysOf, type RetentionDays } from '@weir/config'
import { readClock } from '../settle/due-traces.ts'
import { rows, type Store } from '../store.ts'
import { noteApplied, type Progress, readProgress } from './applied-retention.ts'
import { openRemovals, type Removal } from './removals.ts'
import { expirePayloads, removePayloads } from './remove-payloads.ts'
import { expireRuns, removeRuns } from './remove-runs.ts'

/** For how long runs are kept, and their payloads. */
export interface RetentionPolicy {
  readonly runs: RetentionDays
  readonly payloads: RetentionDays
}

export interface RetentionParams {
  readonly policy: RetentionPolicy
  /** Default: ClickHouse's clock, by which spans are received and runs settle. */
  readonly now?: Date | undefined
  /** Runs that are removed at once; default 500,000. */
  readonly mostRuns?: number | undefined
  /** Ends the round after the batch that it is at; the next round goes on. */
  readonly signal?: AbortSignal | undefined
}

const DAY_MS = 86_400_000

/**
 * A round: removes what is older than its project's days, batch by batch, and tells of each batch that is finished. Days are whole
 * ones of UTC, so that parts are written anew once a day; later rounds of a day find nothing to do. What a round did not
 * finish, the next one does. Only one may go on at a time.
 */
export async function* applyRetention(
  store: Store,
  { policy, now, mostRuns, signal }: RetentionParams,
): AsyncGenerator<Removal> {
  for (const removal of await openRemovals(store)) {
    yield await (removal.kind === 'runs' ? removeRuns(store, removal) : removePayloads(store, removal))
    if (signal?.aborted) return
  }
  const { nowMs } = await readClock(store, now)
  const progress = await readProgress(store)
  for (const project of ['', ...(await namesOf(store, policy, progress))]) {
    const days = ofProject(policy.runs, project)
    const payloadDays = ofProject(policy.payloads, project)
    const done = progress.get(project) ?? { runsBeforeMs: 0, payloadsBeforeMs: 0 }
    const [runsBeforeMs, payloadsBeforeMs] = [days, payloadDays].map((kept) => {
      return kept === undefined ? 0 : Math.max(0, (Math.floor(nowMs / DAY_MS) - kept) * DAY_MS)
    }) as [number, number]
    if (project !== '' && runsBeforeMs > done.runsBeforeMs) {
      for await (const removal of expireRuns(store, project, toUtc(runsBeforeMs), mostRuns)) {
        yield await removeRuns(store, removal)
        if (signal?.aborted) return
      }
    }
    if (project !== '' && payloadsBeforeMs > Math.max(done.payloadsBeforeMs, runsBeforeMs)) {
      const removal = await expirePayloads(store, project, toUtc(payloadsBeforeMs))
      if (removal !== undefined) yield await removePayloads(store, removal)
      if (signal?.aborted) return
    }
    await noteApplied(store, {
      project,
      days: days ?? 0,
      payloadDays: payloadDays ?? 0,
      runsBeforeMs: Math.max(done.runsBeforeMs, runsBeforeMs),
      payloadsBeforeMs: Math.max(done.payloadsBeforeMs, payloadsBeforeMs),
    })
  }
}

function ofProject(days: RetentionDays, project: string): number | undefined {
  return project === '' ? days.others : daysOf(days, project)
}

/** Projects that have runs, and those that are, or were, named. */
async function namesOf(
  store: Store,
  { runs, payloads }: RetentionPolicy,
  progress: ReadonlyMap<string, Progress>,
): Promise<string[]> {
  const stored = await rows<{ project: string }>(store, 'SELECT DISTINCT project FROM runs')
  const named = [...runs.projects.keys(), ...payloads.projects.keys(), ...progress.keys()]
  const names = new Set([...stored.map(({ project }) => project), ...named])
  return [...names].filter((name) => name !== '').sort()
}

function toUtc(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('T', ' ').replace('Z', '')
}
