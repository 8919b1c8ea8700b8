import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

/** What a user runs. */
export const WEIR: string = join(import.meta.dirname, '..', '..', 'cli', 'bin', 'weir.js')

export interface Started {
  readonly process: ChildProcess
  readonly home: string
  /** Base URL for OTLP/HTTP. */
  readonly collectorUrl: string
  readonly dashboardUrl: string
  /** With user and password. */
  readonly clickhouseUrl: string
  /** Milliseconds from the spawn to the line `weir is ready`. */
  readonly readyMs: number
  stop(): Promise<void>
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => server.listening || once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

/**
 * `weir up --no-demo` on a home and free ports, timed until it says that it is ready.
 * @param variables of the environment of all its processes
 */
export async function startWeir(home: string, variables: NodeJS.ProcessEnv = {}): Promise<Started> {
  const [otlp, grpc, dashboard, clickhouse, valkey, worker] = await freePorts(6)
  const env = {
    ...process.env,
    WEIR_HOME: home,
    WEIR_OTLP_HTTP_PORT: String(otlp),
    WEIR_OTLP_GRPC_PORT: String(grpc),
    WEIR_DASHBOARD_PORT: String(dashboard),
    WEIR_EMBEDDED_CLICKHOUSE_PORT: String(clickhouse),
    WEIR_EMBEDDED_VALKEY_PORT: String(valkey),
    WEIR_WORKER_PORT: String(worker),
    ...variables,
  }
  const from = performance.now()
  const child = spawn(process.execPath, [WEIR, 'up', '--no-demo'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const chunk of child.stdout!.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    output += chunk
    if (/^weir is ready/m.test(output)) break
  }
  if (!/^weir is ready/m.test(output)) throw new Error(`weir up ended before it was ready:\n${output}`)
  const readyMs = performance.now() - from
  child.stdout!.resume()
  return {
    process: child,
    home,
    collectorUrl: `http://127.0.0.1:${otlp}`,
    dashboardUrl: `http://127.0.0.1:${dashboard}`,
    clickhouseUrl: readFileSync(join(home, 'clickhouse.url'), 'utf8').trim(),
    readyMs,
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
