import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DirectoryInUseError } from '@weir/config'
import { EngineStartError } from '../errors.ts'
import { ask } from './resp.ts'

/** A native server that was started on a directory, as remembered in that directory. */
export interface Remembered {
  readonly pid: number
  readonly parent: number
  readonly host: string
  readonly port: number
}

const FILE = 'weir-server.json'
/** A server that cannot write its file any more ends nevertheless. */
const TIMEOUT_MS = 5_000

/** A full disk must not keep the server from running: one that is not remembered has to be ended by hand after a crash. */
export function remember(directory: string, server: Remembered): void {
  try {
    writeFileSync(join(directory, FILE), `${JSON.stringify(server)}\n`)
  } catch (error) {
    console.error(`the server's process id could not be written: ${(error as Error).message}`)
  }
}

export function forget(directory: string): void {
  rmSync(join(directory, FILE), { force: true })
}

/**
 * Ends the server that a killed process left running on the directory. A server whose parent still runs is in use.
 *
 * @throws DirectoryInUseError, EngineStartError
 */
export async function endLeftover(directory: string, password: string | undefined): Promise<void> {
  const server = remembered(directory)
  if (!server) return
  if (await stillServes(server, password)) {
    if (parentOf(server.pid) === server.parent)
      throw new DirectoryInUseError(directory, `process ${server.parent}`)
    process.kill(server.pid, 'SIGTERM')
    if (!(await isGone(server.pid))) process.kill(server.pid, 'SIGKILL')
    if (!(await isGone(server.pid))) {
      throw new EngineStartError(
        `process ${server.pid} still serves ${directory} and does not end: end it and start again`,
      )
    }
  }
  forget(directory)
}

/**
 * The remembered number may meanwhile belong to another program. So the server itself says which process it is, or, where
 * it is frozen, its command line does: `redis-server 127.0.0.1:6379`.
 */
async function stillServes({ pid, host, port }: Remembered, password: string | undefined): Promise<boolean> {
  const info = await ask({ host, port, password }, 'INFO server')
  if (info !== undefined) return Number(/^process_id:(\d+)/m.exec(info)?.[1]) === pid
  const command = ps(pid, 'command') ?? ''
  return /(redis|valkey)-server/.test(command) && command.includes(`:${port}`)
}

/** The process id of the server that was started on the directory, whether it still runs or not. */
export function leftoverPid(directory: string): number | undefined {
  return remembered(directory)?.pid
}

function remembered(directory: string): Remembered | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, FILE), 'utf8')) as Remembered
  } catch {
    return undefined
  }
}

function parentOf(pid: number): number {
  return Number(ps(pid, 'ppid'))
}

function ps(pid: number, column: 'ppid' | 'command'): string | undefined {
  try {
    return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

/** Waits for it. */
async function isGone(pid: number): Promise<boolean> {
  for (let waited = 0; waited < TIMEOUT_MS; waited += 20) {
    try {
      process.kill(pid, 0)
    } catch {
      return true
    }
    await sleep(20)
  }
  return false
}
