import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { freePorts, repository, until } from '@weir/engines/testing'

/** `examples/approval` in a process of its own, which wants a key. */
export interface OrderServer {
  readonly url: string
  /** What the dashboard needs to reach it. */
  readonly env: NodeJS.ProcessEnv
  /** @param weirEnv says where its spans go */
  start(weirEnv: NodeJS.ProcessEnv): Promise<void>
  /** `kill -9`. */
  kill(): Promise<void>
}

/** @param directory of its database */
export async function orderServer(directory: string): Promise<OrderServer> {
  const [port] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const key = 'a key of orders'.replaceAll(' ', '-')
  let child: ChildProcess | undefined
  return {
    url,
    env: { WEIR_FLOW_SERVERS: url, WEIR_FLOW_SERVER_KEYS: `${url}=${key}` },
    async start({ WEIR_ENDPOINT }) {
      child = spawn(process.execPath, [join(repository, 'examples', 'dist', 'approval', 'main.js')], {
        env: {
          ...process.env,
          WEIR_ENDPOINT,
          PORT: String(port),
          ORDERS_DB: join(directory, 'orders.db'),
          ORDERS_KEY: key,
        },
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      await until(
        () => fetch(url),
        ({ status }) => status > 0,
      )
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
