import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { basename } from 'node:path'
import { commandLine } from './running-process.ts'

/** Undefined if the port can be bound, else the system's error code. */
export function bindError(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

/** The process that listens on a port; undefined where the system does not tell. */
export function portOwnerPid(port: number): number | undefined {
  return ownerFromProc(port) ?? ownerFromLsof(port)
}

/** Who listens on a port, as "name (pid 1234)"; undefined where the system does not tell. */
export function portOwner(port: number): string | undefined {
  const pid = portOwnerPid(port)
  if (pid === undefined) return undefined
  const command = commandLine(pid)
  if (command === undefined) return `pid ${pid}`
  return `${command
    .slice(0, 4)
    .map((part, index) => (index < 2 ? basename(part) : part))
    .join(' ')} (pid ${pid})`
}

const LISTENING = '0A'

function ownerFromProc(port: number): number | undefined {
  try {
    const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
    const inodes = new Set(
      ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
        readFileSync(table, 'latin1')
          .split('\n')
          .map((line) => line.trim().split(/\s+/))
          .filter((columns) => columns[1]?.endsWith(suffix) && columns[3] === LISTENING)
          .map((columns) => `socket:[${columns[9]}]`),
      ),
    )
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .find((pid) => holdsSocket(pid, inodes))
  } catch {
    return undefined
  }
}

function holdsSocket(pid: number, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
      try {
        return inodes.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`))
      } catch {
        return false
      }
    })
  } catch {
    return false
  }
}

function ownerFromLsof(port: number): number | undefined {
  try {
    const text = execFileSync('lsof', ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return Number(text.split('\n')[0]) || undefined
  } catch {
    return undefined
  }
}
