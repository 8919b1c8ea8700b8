import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts } from './free-ports.ts'

export const repository: string = fileURLToPath(new URL('../../..', import.meta.url))
/** What a user runs. */
export const WEIR: string = join(repository, 'cli', 'bin', 'weir.js')

export interface Completed {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A whole Weir on free ports and a temporary home, run as a user runs it. */
export interface Installation {
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  /** The supervisor. */
  readonly process: ChildProcess
  /** Milliseconds from the spawn to the line `weir is ready`. */
  readonly readyMs: number
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

export interface InstallationOptions {
  /** Of `weir up`; default `--no-demo`. */
  readonly args?: readonly string[]
  /** Of all its processes, beside {@link newEnvironment}. */
  readonly env?: NodeJS.ProcessEnv
  /** Default: a temporary directory. It is removed at the end in any case. */
  readonly home?: string
}

export async function startInstallation(options: InstallationOptions = {}): Promise<Installation> {
  const home = options.home ?? (await temporaryHome())
  const env = { ...(await newEnvironment(home)), ...options.env }
  let up = await start(['up', ...(options.args ?? ['--no-demo'])], env)

  return {
    home,
    env,
    collectorUrl: `http://127.0.0.1:${env.WEIR_OTLP_HTTP_PORT}`,
    dashboardUrl: `http://127.0.0.1:${env.WEIR_DASHBOARD_PORT}`,
    get process() {
      return up.child
    },
    get readyMs() {
      return up.readyMs
    },
    get clickhouseUrl() {
      return readClickHouseUrl(home)
    },
    output: () => up.output(),
    query: (sql) => queryClickHouse(readClickHouseUrl(home), sql),
    weir: (commandArgs) => run([WEIR, ...commandArgs], env),
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

export function temporaryHome(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'weir-e2e-'))
}

/** The environment of a Weir's processes: a home and free ports of its own, and nothing of the Weir that this machine may have. */
export async function newEnvironment(home: string): Promise<NodeJS.ProcessEnv> {
  const [otlp, grpc, dashboard, clickhouse, valkey, worker] = await freePorts(6)
  return {
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
  }
}

/** With user and password, as the home has it; '' before it was started. */
export function readClickHouseUrl(home: string): string {
  try {
    return readFileSync(join(home, 'clickhouse.url'), 'utf8').trim()
  } catch {
    return ''
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

async function start(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ child: ChildProcess; readyMs: number; output(): string; stop(): Promise<number | null> }> {
  const began = performance.now()
  const child = spawn(process.execPath, [WEIR, ...args], {
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
    child,
    readyMs: performance.now() - began,
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
