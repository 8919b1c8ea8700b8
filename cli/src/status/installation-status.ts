import { getStoreStats, type StoreStats } from '@weir/store'
import type { Config } from '../config.ts'
import { openStore } from '../open-store.ts'
import { supervisorPid } from '../supervisor/home.ts'
import { groupResidentBytes, isAlive } from '../supervisor/running-process.ts'
import { type ProcessStatus, readStatus } from '../supervisor/status-file.ts'
import { type IngestStatus, readIngest } from './ingest.ts'

/** What `weir status --json` prints. */
export interface InstallationStatus {
  readonly home: string
  /** Everything runs and answers. */
  readonly healthy: boolean
  /** Pid of `weir up`, null if it does not run. */
  readonly supervisor: number | null
  readonly processes: readonly InspectedProcess[]
  /** Null if the collector does not answer. */
  readonly ingest: IngestStatus | null
  /** Null if the store does not answer, or has no tables yet. */
  readonly stored: StoreStats | null
}

export type InspectedProcess = ProcessStatus & { readonly residentBytes?: number | undefined }

/** Looks at the Weir of a home; takes two seconds, over which the ingest rate is measured. */
export async function readInstallation(config: Config): Promise<InstallationStatus> {
  const supervisor = supervisorPid(config.home) ?? null
  const collectorUrl = collectorUrlOf(config)
  const [ingest = null, stored = null] = await Promise.all([readIngest(collectorUrl), readStore(config)])
  const processes = readStatus(config.home).map(inspect)
  const running =
    supervisor !== null && processes.length > 0 && processes.every(({ state }) => state === 'ready')
  const healthy = running && ingest !== null && stored !== null
  return { home: config.home, healthy, supervisor, processes, ingest, stored }
}

/** Where the supervisor started it, else where clients send to. */
export function collectorUrlOf({ home, endpoint }: Config): string {
  return readStatus(home).find(({ name }) => name === 'collector')?.url ?? endpoint
}

/** The supervisor's last word, corrected by what is there: it may have been killed. */
function inspect(row: ProcessStatus): InspectedProcess {
  if (row.pid === undefined) return row
  if (!isAlive(row.pid)) return { ...row, state: 'dead', pid: undefined }
  return { ...row, residentBytes: groupResidentBytes(row.pid) }
}

async function readStore(config: Config): Promise<StoreStats | undefined> {
  try {
    const store = await openStore(config)
    try {
      return await getStoreStats(store)
    } finally {
      await store.close()
    }
  } catch {
    return undefined
  }
}
