import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that Linux gives to connections (from 32768): between being found and being used, no connection takes one. */
const FIRST = 10_000
/** Each worker of the test runner has ports of its own, so that tests that run at once take none of each other's. */
const WORKERS = 16
const PORTS = 1_400

const worker = Number(process.env.VITEST_POOL_ID ?? 0) % WORKERS
/** What an earlier process of this worker was given may still be in use. */
let next = Math.floor(Math.random() * PORTS)

/** Ports of the loopback interface that nothing listens on, and nobody else is given. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  for (let tried = 0; tried < PORTS && ports.length < count; tried++) {
    const port = FIRST + worker * PORTS + (next++ % PORTS)
    if (await isFree(port)) ports.push(port)
  }
  if (ports.length < count)
    throw new Error(`found ${ports.length} free ports from ${FIRST} on, expected ${count}`)
  return ports
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen({ port, host: '127.0.0.1', exclusive: true }), 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
