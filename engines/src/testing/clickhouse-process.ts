import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A ClickHouse that a test may kill. */
export interface ClickHouseProcess {
  readonly url: string
  readonly child: ChildProcess
  kill(): Promise<void>
}

/** A temporary directory and a way to start ClickHouse processes in it; both end with the file's tests. */
export function useProcesses(): {
  root: string
  start(name: string, password?: string): Promise<ClickHouseProcess>
} {
  const root = mkdtempSync(join(tmpdir(), 'weir-clickhouse-'))
  const started: ClickHouseProcess[] = []
  afterAll(async () => {
    await Promise.all(started.map((server) => server.kill()))
    rmSync(root, { recursive: true, force: true })
  })
  return {
    root,
    async start(name, password) {
      const child = fork(new URL('./clickhouse-child.ts', import.meta.url), [
        join(root, name),
        ...(password === undefined ? [] : [password]),
      ])
      const [{ url }] = (await once(child, 'message')) as [{ url: string }]
      const kill = async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const exited = once(child, 'exit')
        child.kill('SIGKILL')
        await exited
      }
      const server = { url, child, kill }
      started.push(server)
      return server
    },
  }
}

/** Runs a statement and returns its output, without the last line break. */
export async function run(url: string, statement: string, rows?: Uint8Array<ArrayBuffer>): Promise<string> {
  const search = rows ? `/?query=${encodeURIComponent(statement)}` : ''
  const response = await fetch(url + search, { method: 'POST', body: rows ?? statement })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text.trim()
}
