import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A Valkey or Redis server on this machine. */
export interface ValkeyBinary {
  readonly path: string
  readonly name: 'valkey-server' | 'redis-server'
  readonly version: string
}

/** The first `valkey-server`, else `redis-server`, on PATH that runs. */
export function findValkeyServer(): ValkeyBinary | undefined {
  for (const name of ['valkey-server', 'redis-server'] as const) {
    const path = onPath(name)
    const version = path === undefined ? undefined : versionOf(path)
    if (path !== undefined && version !== undefined) return { path, name, version }
  }
  return undefined
}

function onPath(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, name))
    .find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** `Redis server v=7.0.15 sha=...` */
function versionOf(path: string): string | undefined {
  try {
    return /v=(\S+)/.exec(execFileSync(path, ['--version'], { encoding: 'utf8', timeout: 5000 }))?.[1]
  } catch {
    return undefined
  }
}
