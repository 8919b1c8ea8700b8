import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { SupervisedProcess } from './supervised-process.ts'

const statusFile = z.array(
  z.object({
    name: z.string(),
    state: z.string(),
    pid: z.number().optional(),
    url: z.string(),
    /** Milliseconds since 1970. */
    startedAt: z.number(),
    restarts: z.number(),
  }),
)
/** What the supervisor last knew of each process. */
export type ProcessStatus = {
  name: string
  state: string
  pid?: number | undefined
  url: string
  startedAt: number
  restarts: number
}

export function writeStatus(home: string, processes: readonly SupervisedProcess[]): void {
  const rows: ProcessStatus[] = processes.map(({ spec, state, pid, startedAt, restarts }) => ({
    name: spec.name,
    state,
    ...(pid === undefined ? {} : { pid }),
    url: spec.url,
    startedAt,
    restarts,
  }))
  const path = statusPath(home)
  writeFileSync(`${path}.new`, JSON.stringify(rows))
  renameSync(`${path}.new`, path)
}

export function readStatus(home: string): ProcessStatus[] {
  try {
    return statusFile.parse(JSON.parse(readFileSync(statusPath(home), 'utf8')))
  } catch {
    return []
  }
}

export function removeStatus(home: string): void {
  rmSync(statusPath(home), { force: true })
}

function statusPath(home: string): string {
  return join(home, 'run', 'status.json')
}
