import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { TICKS_PER_SECOND } from './processes.ts'

/** CPU time and memory of a process of an installation and of what it has started. */
export interface Usage {
  /** Seconds of CPU, user and system. */
  readonly cpu: number
  /** Resident bytes. */
  readonly rss: number
}

const PAGE_BYTES = 4096
/** The supervisor's name in its pid file and in tables; its children are groups of their own. */
const SUPERVISOR = 'weir'

/** Usage of all processes of the Weir on a home, by name. */
export function usageOf(home: string): Map<string, Usage> {
  const pids = readPids(home)
  const stats = readStats(ALL)
  return new Map(
    [...pids].map(([name, pid]) => {
      const own = stats.filter((stat) => (name === SUPERVISOR ? stat.pid === pid : stat.group === pid))
      if (own.length === 0) throw new Error(`${name} (pid ${pid}) has ended`)
      const cpu = own.reduce((sum, stat) => sum + stat.cpu, 0)
      const rss = own.reduce((sum, stat) => sum + stat.rss, 0)
      return [name === SUPERVISOR ? 'supervisor' : name, { cpu, rss }]
    }),
  )
}

/** Process ids by name: each is the leader of its group, the supervisor aside. */
export function readPids(home: string): Map<string, number> {
  const directory = join(home, 'run')
  const files = readdirSync(directory).filter((file) => file.endsWith('.pid'))
  return new Map(
    files.map((file) => [basename(file, '.pid'), Number(readFileSync(join(directory, file), 'utf8'))]),
  )
}

/** Of the processes of a group that are alive. */
export function groupStats(group: number): readonly (Usage & { readonly pid: number })[] {
  return readStats(OWN).filter((stat) => stat.group === group)
}

/** Fields of the CPU of a process itself, and of it and its children that have ended. */
const OWN = [11, 13] as const
const ALL = [11, 15] as const

interface Stat extends Usage {
  readonly pid: number
  readonly group: number
}

/** proc(5): /proc/<pid>/stat. */
function readStats([from, to]: readonly [number, number]): Stat[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry): Stat[] => {
      try {
        const text = readFileSync(`/proc/${entry}/stat`, 'latin1')
        const fields = text
          .slice(text.lastIndexOf(')') + 2)
          .split(' ')
          .map(Number)
        const ticks = fields.slice(from, to).reduce((sum, value) => sum + value, 0)
        const [, , group = 0] = fields
        return [
          { pid: Number(entry), group, cpu: ticks / TICKS_PER_SECOND, rss: (fields[21] ?? 0) * PAGE_BYTES },
        ]
      } catch {
        return [] // it has just ended
      }
    })
}
