import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readUrl } from '../supervisor/secrets.ts'

export const repository: string = fileURLToPath(new URL('../../..', import.meta.url))
/** What a user runs. */
export const weir: string = join(repository, 'cli', 'bin', 'weir.js')

export interface Completed {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A whole Weir on free ports and a temporary home, run as a user runs it. */
export interface Installation {
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  readonly collectorUrl: string
  readonly dashboardUrl: string
  /** With user and password, as the home has it. */
  readonly clickhouseUrl: string
  /** All that `weir up` printed so far. */
  output(): string
  /** Rows of a statement on the embedded ClickHouse, over its HTTP protocol; none for DDL. */
  query<Row>(sql: string): Promise<Row[]>
  /** Runs another `weir` command against this installation. */
  weir(args: readonly string[]): Promise<Completed>
  /** SIGTERM, and waits for the end; gives the exit code. */
  stop(): Promise<number | null>
  /** Starts again on the same home and ports after {@link stop}. */
  restart(): Promise<void>
  /** Stops and removes the home. */
  [Symbol.asyncDispose](): Promise<void>
}

export async function startInstallation(
  options: { args?: readonly string[]; env?: NodeJS.ProcessEnv; home?: string } = {},
): Promise<Installation> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'weir-e2e-')))
  const [otlp, grpc, dashboard, clickhouse, valkey, worker] = await freePorts(6)
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    WEIR_HOME: home,
    WEIR_OTLP_HTTP_PORT: String(otlp),
    WEIR_OTLP_GRPC_PORT: String(grpc),
    WEIR_DASHBOARD_PORT: String(dashboard),
    WEIR_EMBEDDED_CLICKHOUSE_PORT: String(clickhouse),
    WEIR_EMBEDDED_VALKEY_PORT: String(valkey),
    WEIR_WORKER_PORT: String(worker),
    WEIR_ENDPOINT: `http://127.0.0.1:${otlp}`,
    WEIR_CLICKHOUSE_URL: undefined,
    WEIR_REDIS_URL: undefined,
    NO_COLOR: '1',
    ...options.env,
  }
  const args = ['up', ...(options.args ?? ['--no-demo'])]
  let up = await start(args, env)

  return {
    home,
    env,
    collectorUrl: `http://127.0.0.1:${otlp}`,
    dashboardUrl: `http://127.0.0.1:${dashboard}`,
    get clickhouseUrl() {
      return readUrl(home, 'clickhouse')?.href ?? ''
    },
    output: () => up.output(),
    query: (sql) => queryClickHouse(readUrl(home, 'clickhouse')?.href ?? '', sql),
    weir: (commandArgs) => run([weir, ...commandArgs], env),
    stop: () => up.stop(),
    async restart() {
      up = await start(['up', '--no-demo'], env)
    },
    async [Symbol.asyncDispose]() {
      await up.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** Runs Node with `args` to its end. */
export async function run(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd: string = repository,
): Promise<Completed> {
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const stdout = collect(child.stdout)
  const stderr = collect(child.stderr)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout: stdout(), stderr: stderr() }
}

/** Rows of a statement over ClickHouse's HTTP protocol; none for DDL. */
export async function queryClickHouse<Row>(url: string, sql: string): Promise<Row[]> {
  const { origin, username, password } = new URL(url)
  const response = await fetch(`${origin}/?database=weir&output_format_json_quote_64bit_integers=0`, {
    method: 'POST',
    headers: { 'x-clickhouse-user': username, 'x-clickhouse-key': decodeURIComponent(password) },
    body: `${sql} FORMAT JSON`,
  })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text === '' ? [] : (JSON.parse(text) as { data: Row[] }).data
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

async function start(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ output(): string; stop(): Promise<number | null> }> {
  const child = spawn(process.execPath, [weir, ...args], {
    cwd: repository,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stdout = collect(child.stdout)
  const stderr = collect(child.stderr)
  const ended = once(child, 'close')
  const output = () => stdout() + stderr()
  await Promise.race([
    ready(child, stdout),
    ended.then(() =>
      Promise.reject(new Error(`weir ${args.join(' ')} ended with ${child.exitCode}:\n${output()}`)),
    ),
  ])
  return {
    output,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await ended
      return child.exitCode
    },
  }
}

async function ready(child: ChildProcess, output: () => string): Promise<void> {
  while (!/^weir is ready/m.test(output())) await once(child.stdout!, 'data')
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return () => text
}
