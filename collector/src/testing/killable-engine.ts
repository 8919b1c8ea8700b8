import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createStore, migrate, type Store } from '@weir/store'
import { onTestFinished } from 'vitest'
import { startProxy, type Proxy as TcpProxy } from './proxy.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const ENGINE = new URL('../../../engines/src/testing/clickhouse-child.ts', import.meta.url)

/** A ClickHouse of its own behind a proxy whose address stays, with a migrated database, until the test ends. */
export class KillableEngine {
  readonly database = 'weir'
  readonly proxy: TcpProxy
  readonly #directory: string
  #child: ChildProcess
  #url: string

  private constructor(directory: string, child: ChildProcess, url: string, proxy: TcpProxy) {
    this.#directory = directory
    this.#child = child
    this.#url = url
    this.proxy = proxy
  }

  static async start(): Promise<KillableEngine> {
    const directory = temporaryDirectory()
    const { child, url } = await startChild(directory)
    const proxy = await startProxy(url)
    const engine = new KillableEngine(directory, child, url, proxy)
    onTestFinished(async () => {
      await engine.#kill()
      await proxy.shut()
    })
    await engine.ask(migrate)
    return engine
  }

  /** Asks the engine itself, without the proxy. */
  async ask<T>(question: (store: Store) => Promise<T>): Promise<T> {
    const store = createStore({ url: this.#url, database: this.database })
    try {
      return await question(store)
    } finally {
      await store.close()
    }
  }

  /** kill -9, and a new process on the same directory. */
  async restart(meanwhile: () => void = () => undefined): Promise<void> {
    await this.#kill()
    meanwhile()
    const { child, url } = await startChild(this.#directory)
    this.#child = child
    this.#url = url
    this.proxy.forwardTo(url)
  }

  /** While it is down: as if it had died between the token of an insert and its rows. */
  removeParts(table: string): void {
    const path = join(this.#directory, 'data', this.database, table)
    const parts = readdirSync(path).filter((name) => /_\d+_\d+_\d+$/.test(name))
    if (parts.length === 0) throw new Error(`there are no parts in ${path}`)
    for (const part of parts) rmSync(join(path, part), { recursive: true })
  }

  async #kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}

async function startChild(directory: string): Promise<{ child: ChildProcess; url: string }> {
  const child = fork(ENGINE, [directory], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  return { child, url }
}
