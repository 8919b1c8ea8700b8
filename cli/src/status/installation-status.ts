import { getStoreStats, requireKnownSchema, SchemaError, type StoreStats } from '@weir/store'
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
  /** Null if the store does not answer, or has no tables yet, or those of a newer version. */
  readonly stored: StoreStats | null
  /** Why the tables cannot be read, where a newer version has migrated them. */
  readonly storeProblem?: string
}

export type InspectedProcess = ProcessStatus & { readonly residentBytes?: number | undefined }

/** Looks at the Weir of a home; takes two seconds, over which the ingest rate is measured. */
export async function readInstallation(config: Config): Promise<InstallationStatus> {
  const supervisor = supervisorPid(config.home) ?? null
  const collectorUrl = collectorUrlOf(config)
  const [ingest = null, read] = await Promise.all([readIngest(collectorUrl), readStore(config)])
  const { stored } = read
  const processes = readStatus(config.home).map(inspect)
  const running =
    supervisor !== null && processes.length > 0 && processes.every(({ state }) => state === 'ready')
  const healthy = running && ingest !== null && stored !== null
  return { home: config.home, healthy, supervisor, processes, ingest, ...read }
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

async function readStore(config: Config): Promise<Pick<InstallationStatus, 'stored' | 'storeProblem'>> {
  try {
    const store = await openStore(config)
    try {
      await requireKnownSchema(store)
      return { stored: await getStoreStats(store) }
    } finally {
      await store.close()
    }
  } catch (error) {
    return error instanceof SchemaError ? { stored: null, storeProblem: error.message } : { stored: null }
  }
}
