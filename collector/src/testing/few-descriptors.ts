import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePorts } from '@weir/engines/testing'
import { onTestFinished } from 'vitest'
import { temporaryDirectory } from './temporary-directory.ts'

export interface ConfinedCollector {
  readonly child: ChildProcess
  readonly url: string
  readonly port: number
  readonly grpcPort: number
}

/**
 * A collector in a process that may have so many descriptors open, until the test ends; no ClickHouse answers it.
 * @param held how many of them it has given away before it serves
 */
export async function startConfined(descriptors: number, held = 0): Promise<ConfinedCollector> {
  const script = fileURLToPath(new URL('collector-child.ts', import.meta.url))
  const url = `http://127.0.0.1:${(await freePorts(1))[0]}`
  const argv = [process.execPath, script, url, 'none', 'default', temporaryDirectory()]
  const child = spawn('sh', ['-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh', ...argv], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, WEIR_TEST_DESCRIPTORS: String(held) },
  })
  const exited = once(child, 'exit')
  onTestFinished(async () => {
    if (child.connected) child.disconnect()
    await exited
  })
  const [ports] = (await once(child, 'message')) as [{ url: string; port: number; grpcPort: number }]
  return { child, ...ports }
}
