import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DirectoryInUseError, EngineStartError } from '../errors.ts'
import { ask } from './resp.ts'

/** A native server that was started on a directory, as remembered in that directory. */
export interface Remembered {
  readonly pid: number
  readonly parent: number
  readonly host: string
  readonly port: number
}

const FILE = 'weir-server.json'

export function remember(directory: string, server: Remembered): void {
  writeFileSync(join(directory, FILE), `${JSON.stringify(server)}\n`)
}

export function forget(directory: string): void {
  rmSync(join(directory, FILE), { force: true })
}

/**
 * Ends the server that a killed process left running on the directory. A server whose parent still runs is in use.
 * The server itself says which process it is, since the remembered number may meanwhile belong to another program.
 */
export async function endLeftover(directory: string): Promise<void> {
  const server = remembered(directory)
  if (!server) return
  const info = await ask(server.host, server.port, 'INFO server')
  if (info && Number(/^process_id:(\d+)/m.exec(info)?.[1]) === server.pid) {
    if (parentOf(server.pid) === server.parent)
      throw new DirectoryInUseError(directory, `process ${server.parent}`)
    process.kill(server.pid, 'SIGTERM')
    await untilGone(server, directory)
  }
  forget(directory)
}

function remembered(directory: string): Remembered | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, FILE), 'utf8')) as Remembered
  } catch {
    return undefined
  }
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }).trim())
  } catch {
    return undefined
  }
}

async function untilGone({ pid }: Remembered, directory: string): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 20) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await sleep(20)
  }
  throw new EngineStartError(
    `process ${pid} still serves ${directory} and does not end: end it and start again`,
  )
}
