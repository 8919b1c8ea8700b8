import { getStoreStats, type StoreStats } from '@weir/store'
import type { Command } from 'commander'
import { type Config, readConfig } from '../config.ts'
import { openStore } from '../open-store.ts'
import { safeUrl } from '../supervisor/configured-servers.ts'
import { supervisorPid } from '../supervisor/home.ts'
import { groupResidentBytes, isAlive } from '../supervisor/running-process.ts'
import { type ProcessStatus, readStatus } from '../supervisor/status-file.ts'
import { formatAge, formatMegabytes, printTable } from '../table.ts'

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('show the processes and what is stored; exit code 3 if not everything runs')
    .option('--json', 'print JSON', false)
    .action(async (options: { json: boolean }) => status(options))
}

async function status(options: { json: boolean }): Promise<void> {
  const config = readConfig()
  const supervisor = supervisorPid(config.home)
  const processes = readStatus(config.home).map((row) => inspect(row))
  const running =
    supervisor !== undefined && processes.length > 0 && processes.every((row) => row.state === 'ready')
  const stored = await storeCounts(config)
  if (!running || stored === undefined) process.exitCode = 3
  if (options.json) {
    console.log(
      JSON.stringify({
        home: config.home,
        supervisor: supervisor ?? null,
        processes,
        stored: stored ?? null,
      }),
    )
    return
  }
  if (supervisor === undefined) {
    console.log(`weir is not running on ${config.home}: start it with "weir up"`)
  } else {
    console.log(`weir runs on ${config.home} (pid ${supervisor})`)
    printTable(
      ['process', 'state', 'pid', 'uptime', 'RSS', 'restarts', 'url'],
      processes.map((row) => [
        row.name,
        row.state,
        String(row.pid ?? '-'),
        row.pid === undefined ? '-' : formatAge(Date.now() - row.startedAt),
        row.residentBytes === undefined ? '-' : formatMegabytes(row.residentBytes),
        String(row.restarts),
        row.url,
      ]),
    )
  }
  if (stored === undefined) console.log(`store: no answer at ${safeUrl(config.clickhouseUrl)}`)
  else console.log(storeLine(stored))
}

/** The supervisor's last word, corrected by what is there: it may have been killed. */
function inspect(row: ProcessStatus): ProcessStatus & { residentBytes?: number | undefined } {
  if (row.pid === undefined) return row
  if (!isAlive(row.pid)) return { ...row, state: 'dead', pid: undefined }
  return { ...row, residentBytes: groupResidentBytes(row.pid) }
}

/** Undefined if the store does not answer or has no tables yet. */
async function storeCounts(config: Config): Promise<StoreStats | undefined> {
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

function storeLine({ spans, runs, unsettledTraces, diskBytes }: StoreStats): string {
  return `store: ${spans} spans, ${runs} runs, ${unsettledTraces} traces not settled yet, ${formatMegabytes(diskBytes)} on disk`
}
