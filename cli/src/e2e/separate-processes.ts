import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { newEnvironment, readClickHouseUrl, temporaryHome, WEIR } from '@weir/engines/testing'

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

  private constructor(home: string, env: NodeJS.ProcessEnv) {
    this.home = home
    this.collectorUrl = `http://127.0.0.1:${env.WEIR_OTLP_HTTP_PORT}`
    this.#env = env
  }

  static async create(): Promise<SeparateProcesses> {
    const home = await temporaryHome()
    return new SeparateProcesses(home, { ...(await newEnvironment(home)), WEIR_LOG_LEVEL: 'warn' })
  }

  /** With user and password, as the home has it. */
  get clickhouseUrl(): string {
    return readClickHouseUrl(this.home)
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
    for (const name of ['collector', 'worker', 'clickhouse'] as const) await this.kill(name)
    // Killed, it would leave its server behind.
    await this.stop('valkey')
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
