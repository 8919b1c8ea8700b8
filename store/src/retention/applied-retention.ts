import { insert, rows, type Store } from '../store.ts'

/** For how long a project's runs are kept, as it was applied last. */
export interface AppliedRetention {
  /** '': all projects that have no row of their own. */
  readonly project: string
  /** 0: for ever. */
  readonly days: number
  /** 0: as long as the run. */
  readonly payloadDays: number
  /** Milliseconds since 1970. */
  readonly appliedMs: number
}

/** Empty: nothing is removed, and never was. */
export function readRetention(store: Store): Promise<AppliedRetention[]> {
  return rows<AppliedRetention>(
    store,
    `SELECT project, days, payload_days AS payloadDays, toUnixTimestamp64Milli(toDateTime64(applied, 3, 'UTC')) AS appliedMs
    FROM retention FINAL ORDER BY project`,
  )
}

/** How far the removal of a project has come: milliseconds since 1970; what is older is removed. */
export interface Progress {
  readonly runsBeforeMs: number
  readonly payloadsBeforeMs: number
}

export async function readProgress(store: Store): Promise<ReadonlyMap<string, Progress>> {
  const found = await rows<Progress & { project: string }>(
    store,
    `SELECT project, toUnixTimestamp64Milli(toDateTime64(runs_before, 3, 'UTC')) AS runsBeforeMs,
      toUnixTimestamp64Milli(toDateTime64(payloads_before, 3, 'UTC')) AS payloadsBeforeMs
    FROM retention FINAL`,
  )
  return new Map(found.map(({ project, ...progress }) => [project, progress]))
}

export function noteApplied(
  store: Store,
  applied: Omit<AppliedRetention, 'appliedMs'> & Progress,
): Promise<void> {
  const { project, days, payloadDays, runsBeforeMs, payloadsBeforeMs } = applied
  const row = {
    project,
    days,
    payload_days: payloadDays,
    runs_before: new Date(runsBeforeMs).toISOString(),
    payloads_before: new Date(payloadsBeforeMs).toISOString(),
  }
  return insert(store, 'retention', [row])
}
