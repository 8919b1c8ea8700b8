import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DiskSpace, directorySpace, requireKnownSchema, SchemaError } from '@weir/store'
import { getStoreHealth, getStoreStats, type StoreHealth, type StoreStats } from '@weir/store/pages'
import { type AppliedRetention, readRetention } from '@weir/store/retention'
import type { Config } from '../config.ts'
import { openStore } from '../open-store.ts'
import { supervisorPid } from '../supervisor/home.ts'
import { readStatus } from '../supervisor/status-file.ts'
import { checkInstallation } from './checks.ts'
import type { Finding } from './finding.ts'
import { type IngestStatus, readIngest } from './ingest.ts'
import { type InspectedProcess, inspectProcess } from './inspect-process.ts'
import { type JudgingStatus, readJudging } from './judging.ts'

/** What `weir status --json` prints. */
export interface InstallationStatus {
  readonly home: string
  /** Everything runs and answers, and nothing that was acknowledged is known to be lost or stuck. */
  readonly healthy: boolean
  /** What is wrong, warnings included; empty: nothing is. */
  readonly problems: readonly Finding[]
  /** Pid of `weir up`, null if it does not run. */
  readonly supervisor: number | null
  readonly processes: readonly InspectedProcess[]
  /** Of the home; null where the system does not tell. */
  readonly disk: DiskSpace | null
  /** Null if the collector does not answer. */
  readonly ingest: IngestStatus | null
  /** Null if no worker of the home answers. */
  readonly judging: JudgingStatus | null
  /** Null if the store does not answer, or has no tables yet, or those of a newer version. */
  readonly stored: StoreStats | null
  /** Why the tables cannot be read, where a newer version has migrated them. */
  readonly storeProblem?: string
  readonly storeHealth: StoreHealth | null
  /** For how long runs are kept, as the worker applied it last. Empty: nothing is removed; null: the store does not say. */
  readonly retention: readonly AppliedRetention[] | null
  /** Rows of the parts that were set aside, by table; none for a table where a part does not say it, or is not on this machine. */
  readonly detachedRows: Readonly<Record<string, number>>
  /** Milliseconds by which ClickHouse's clock is certainly apart from this machine's, however long it took to answer. */
  readonly clocksApartMs: number
}

/** Looks at the Weir of a home; takes two seconds, over which the ingest rate is measured. */
export async function readInstallation(config: Config): Promise<InstallationStatus> {
  const supervisor = supervisorPid(config.home) ?? null
  const [ingest = null, judging = null, store, processes] = await Promise.all([
    readIngest(collectorUrlOf(config)),
    readJudging(config.home),
    readStore(config),
    Promise.all(readStatus(config.home).map(inspectProcess)),
  ])
  const disk = directorySpace(config.home) ?? null
  const read = { home: config.home, supervisor, processes, disk, ingest, judging, ...store }
  const findings = checkInstallation({ ...read, healthy: false, problems: [] }, Date.now())
  const problems = findings.filter(({ ok }) => !ok)
  const isUp = supervisor !== null && processes.length > 0 && ingest !== null && store.stored !== null
  return { ...read, healthy: isUp && problems.every(({ isWarning }) => isWarning === true), problems }
}

/** Where the supervisor started it, else where clients send to. */
export function collectorUrlOf({ home, endpoint }: Config): string {
  return readStatus(home).find(({ name }) => name === 'collector')?.url ?? endpoint
}

type StoreReading = Pick<
  InstallationStatus,
  'stored' | 'storeProblem' | 'storeHealth' | 'retention' | 'detachedRows' | 'clocksApartMs'
>

async function readStore(config: Config): Promise<StoreReading> {
  const nothing = { stored: null, storeHealth: null, retention: null, detachedRows: {}, clocksApartMs: 0 }
  try {
    const store = await openStore(config)
    try {
      await requireKnownSchema(store)
      const asked = Date.now()
      // Each may fail alone: the one where files are damaged, the other where this user may not read system tables.
      const [storeHealth, stored, retention] = await Promise.all([
        getStoreHealth(store).catch(() => null),
        getStoreStats(store).catch(() => null),
        readRetention(store).catch(() => null),
      ])
      const time = storeHealth?.nowMs ?? asked
      const clocksApartMs = Math.max(0, asked - time, time - Date.now())
      const detachedRows = storeHealth === null ? {} : countRows(storeHealth)
      return { stored, storeHealth, retention, detachedRows, clocksApartMs }
    } finally {
      await store.close()
    }
  } catch (error) {
    return error instanceof SchemaError ? { ...nothing, storeProblem: error.message } : nothing
  }
}

/** ClickHouse does not say how many rows a part has that it set aside, but the part's files do. */
function countRows({ detachedParts }: StoreHealth): Record<string, number> {
  const tables: Record<string, number> = {}
  for (const { table, path } of detachedParts) tables[table] = (tables[table] ?? 0) + rowsOf(path)
  return Object.fromEntries(Object.entries(tables).filter(([, rows]) => !Number.isNaN(rows)))
}

function rowsOf(path: string): number {
  try {
    return Number.parseInt(readFileSync(join(path, 'count.txt'), 'utf8'), 10)
  } catch {
    return Number.NaN
  }
}
