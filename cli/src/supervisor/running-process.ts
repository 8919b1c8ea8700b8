import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Signal 0 only asks; EPERM means that it lives but belongs to somebody else. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** An ended process whose parent has not read its exit code yet. */
function isZombie(pid: number): boolean {
  return stateLetter(pid) === 'Z'
}

/** Stopped by a signal such as SIGSTOP; false where the system does not tell. */
export function isFrozen(pid: number): boolean {
  return stateLetter(pid) === 'T'
}

/** See "state" in proc_pid_stat(5). */
function stateLetter(pid: number): string | undefined {
  return processStat(pid)?.[0]
}

/** The process that started it; undefined where the system does not tell. */
export function parentOf(pid: number): number | undefined {
  const parent = Number(processStat(pid)?.[1])
  return parent > 0 ? parent : undefined
}

/** The fields of /proc/<pid>/stat after the name, which may hold anything. */
function processStat(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** Whether `pid` is a `weir <args>` and not another program that got the number after a reboot. */
export function isWeir(pid: number, args: readonly string[]): boolean {
  if (!isAlive(pid)) return false
  const command = commandLine(pid)
  if (command === undefined) return true
  const script = command.findIndex((part) => /^weir(\.js)?$/.test(basename(part)))
  return script >= 0 && args.every((arg, index) => command[script + 1 + index] === arg)
}

/** The words of a process's command line, undefined where the system does not tell. */
export function commandLine(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean)
  } catch {
    return commandLineFromPs(pid)
  }
}

function commandLineFromPs(pid: number): string[] | undefined {
  const text = ps(['-o', 'command=', '-p', String(pid)])
  return text === undefined ? undefined : text.split(/\s+/)
}

/** A process group, a server that one of ours started included. */
export function inspectGroup(group: number): { residentBytes: number | undefined; isFrozen: boolean } {
  const rows = (ps(['-A', '-o', 'pgid=,rss=,state=']) ?? '')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([pgid]) => Number(pgid) === group)
  if (rows.length === 0) return { residentBytes: leaderResidentBytes(group), isFrozen: isFrozen(group) }
  return {
    residentBytes: rows.reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1024, 0),
    isFrozen: rows.some(([, , state]) => state?.startsWith('T')),
  }
}

/** Where there is no `ps`, as in a slim container. */
function leaderResidentBytes(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
  } catch {
    return undefined
  }
}

function ps(args: readonly string[]): string | undefined {
  try {
    const text = execFileSync('ps', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    return text === '' ? undefined : text
  } catch {
    return undefined
  }
}

/** Waits until `pid` is gone; false after `timeoutMs`. */
export async function waitForEnd(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (isAlive(pid)) {
    if (performance.now() >= deadline) return false
    await sleep(25)
  }
  return true
}

/** @param pid negative for a whole process group; one that is gone is no error */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
