import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { StateFile } from './state-file.ts'
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
    silentSince: z.number().optional(),
    lastEnd: z.string().optional(),
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
  /** Since when it has not answered, milliseconds since 1970. */
  silentSince?: number | undefined
  /** How it ended the last time. */
  lastEnd?: string | undefined
}

/** The file that says it to `weir status`; a full disk keeps it from being written, and nothing else from going on. */
export class StatusFile {
  readonly #file: StateFile

  constructor(home: string) {
    this.#file = new StateFile(statusPath(home))
  }

  write(processes: readonly SupervisedProcess[]): void {
    const rows: ProcessStatus[] = processes.map(
      ({ spec: { name, url }, state, pid, startedAt, restarts, silentSince, lastEnd }) => ({
        name,
        state,
        pid,
        url,
        startedAt,
        restarts,
        silentSince,
        lastEnd,
      }),
    )
    this.#file.write(JSON.stringify(rows))
  }

  remove(): void {
    this.#file.remove()
  }
}

export function readStatus(home: string): ProcessStatus[] {
  try {
    return statusFile.parse(JSON.parse(readFileSync(statusPath(home), 'utf8')))
  } catch {
    return []
  }
}

function statusPath(home: string): string {
  return join(home, 'run', 'status.json')
}
