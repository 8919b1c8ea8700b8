import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Runs an engine in a process of its own on a temporary directory, and removes both. */
export async function startChild(entry: URL): Promise<{ url: string; stop(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-engine-'))
  const child = fork(entry, [directory], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
  })
  const url = await firstMessage(child)
  return {
    url,
    async stop() {
      const exited = child.exitCode === null ? once(child, 'exit') : undefined
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
      if (child.connected) child.disconnect()
      await exited
      clearTimeout(timer)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function firstMessage(child: ChildProcess): Promise<string> {
  const started = once(child, 'message') as Promise<[{ url: string }]>
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the engine ended with code ${code} before it was ready`)
  })
  const [{ url }] = await Promise.race([started, failed as Promise<never>])
  failed.catch(() => {})
  return url
}
