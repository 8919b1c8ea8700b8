import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'

/** A process that a benchmark started. */
export interface Running {
  readonly url: string
  /** Seconds of CPU that it has used. */
  cpu(): number
  /** Bytes of memory that it holds. */
  rss(): number
  stop(): Promise<void>
}

/** USER_HZ, the unit of CPU times in /proc, is 100 on every Linux that Node runs on. */
export const TICKS_PER_SECOND: number = 100

/** Starts a module of this folder that sends `{ url }` when it is ready. */
export async function startProcess(module: string, ...argv: string[]): Promise<Running> {
  const entry = new URL(`./${module}${extname(import.meta.filename)}`, import.meta.url)
  const child = fork(entry, argv, { env: { ...process.env, UV_THREADPOOL_SIZE: '16' } })
  const url = await readyUrl(child, module)
  const pid = child.pid!
  return {
    url,
    cpu: () => cpuSeconds(pid),
    rss: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024,
    stop: async () => {
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    },
  }
}

async function readyUrl(child: ChildProcess, module: string): Promise<string> {
  const ended = once(child, 'exit').then(([code]): never => {
    throw new Error(`${module} ended with code ${code} before it was ready`)
  })
  ended.catch(() => undefined)
  const [{ url }] = await Promise.race([once(child, 'message') as Promise<[{ url: string }]>, ended])
  return url
}

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
