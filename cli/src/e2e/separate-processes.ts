import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readUrl } from '../supervisor/secrets.ts'
import { freePorts, repository } from './installation.ts'

const WEIR = join(repository, 'cli', 'bin', 'weir.js')
const COMMANDS = {
  clickhouse: ['engine', 'clickhouse'],
  valkey: ['engine', 'valkey'],
  collector: ['collector'],
  worker: ['worker'],
} as const

export type ProcessName = keyof typeof COMMANDS

/** The processes of a Weir, each started alone, so that a test says when one dies and when it comes back. */
export class SeparateProcesses implements AsyncDisposable {
  readonly home: string
  readonly collectorUrl: string
  readonly #env: NodeJS.ProcessEnv
  readonly #running = new Map<ProcessName, ChildProcess>()
  readonly #output = new Map<ProcessName, string>()

  private constructor(home: string, ports: readonly number[]) {
    const [otlp, grpc, clickhouse, valkey, worker] = ports
    this.home = home
    this.collectorUrl = `http://127.0.0.1:${otlp}`
    this.#env = {
      ...process.env,
      WEIR_HOME: home,
      WEIR_OTLP_HTTP_PORT: String(otlp),
      WEIR_OTLP_GRPC_PORT: String(grpc),
      WEIR_EMBEDDED_CLICKHOUSE_PORT: String(clickhouse),
      WEIR_EMBEDDED_VALKEY_PORT: String(valkey),
      WEIR_WORKER_PORT: String(worker),
      WEIR_ENDPOINT: this.collectorUrl,
      WEIR_CLICKHOUSE_URL: undefined,
      WEIR_REDIS_URL: undefined,
      WEIR_LOG_LEVEL: 'warn',
      NO_COLOR: '1',
    }
  }

  static async create(): Promise<SeparateProcesses> {
    return new SeparateProcesses(await mkdtemp(join(tmpdir(), 'weir-e2e-')), await freePorts(5))
  }

  /** With user and password, as the home has it. */
  get clickhouseUrl(): string {
    return readUrl(this.home, 'clickhouse')?.href ?? ''
  }

  /** Resolves once it says that it is ready. */
  async start(name: ProcessName): Promise<void> {
    const child = spawn(process.execPath, [WEIR, ...COMMANDS[name]], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#running.set(name, child)
    let said = ''
    const ended = once(child, 'close').then(() => {
      throw new Error(`${name} ended before it was ready:\n${said}`)
    })
    const ready = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          said += text
          this.#output.set(name, `${this.#output.get(name) ?? ''}${text}`)
          if (said.includes(' is ready at ')) resolve()
        })
      }
    })
    await Promise.race([ready, ended])
    ended.catch(() => undefined)
  }

  /** SIGKILL, and waits for the end. */
  kill(name: ProcessName): Promise<void> {
    return this.#end(name, 'SIGKILL')
  }

  stop(name: ProcessName): Promise<void> {
    return this.#end(name, 'SIGTERM')
  }

  /** All that the processes of this name have said. */
  output(name: ProcessName): string {
    return this.#output.get(name) ?? ''
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of ['collector', 'worker', 'valkey', 'clickhouse'] as const) await this.kill(name)
    await rm(this.home, { recursive: true, force: true })
  }

  async #end(name: ProcessName, signal: NodeJS.Signals): Promise<void> {
    const child = this.#running.get(name)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
}
