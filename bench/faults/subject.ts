import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Completed,
  type Installation,
  newEnvironment,
  queryClickHouse,
  readClickHouseUrl,
  run,
  startInstallation,
  WEIR,
} from '@weir/engines/testing'

const DISK_BYTES = 600 * 1024 ** 2

export interface Problem {
  readonly name: string
  readonly found: string
}

/** What the drill reads of `weir status --json`. */
interface Status {
  readonly supervisor: number | null
  readonly healthy: boolean
  readonly problems: readonly Problem[]
}

/** A Weir as a user runs it, on a small disk of its own, which faults are done to. */
export class Subject implements AsyncDisposable {
  readonly home: string
  readonly #disk: string
  readonly #env: NodeJS.ProcessEnv
  #weir: Installation | undefined

  private constructor(disk: string, env: NodeJS.ProcessEnv) {
    this.#disk = disk
    this.home = homeOn(disk)
    this.#env = env
  }

  /**
   * @param variables of the environment
   * @throws where this process may not mount a file system
   */
  static async create(variables: NodeJS.ProcessEnv): Promise<Subject> {
    const disk = mkdtempSync(join(tmpdir(), 'weir-faults-'))
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'weir-faults', disk])
    mkdirSync(homeOn(disk))
    const subject = new Subject(disk, { ...(await newEnvironment(homeOn(disk))), ...variables })
    await subject.start()
    return subject
  }

  get collectorUrl(): string {
    return `http://127.0.0.1:${this.#env.WEIR_OTLP_HTTP_PORT}`
  }

  /** @param variables of the environment, beside those of all starts */
  async start(variables: NodeJS.ProcessEnv = {}): Promise<void> {
    this.#weir = await startInstallation({ home: this.home, env: { ...this.#env, ...variables } })
  }

  async stop(): Promise<void> {
    await this.#weir?.stop()
    this.#weir = undefined
  }

  pid(name: string): number {
    return Number(readFileSync(join(this.home, 'run', `${name}.pid`), 'utf8'))
  }

  /** The supervisor too, so that nothing starts them again. */
  async killAll(): Promise<void> {
    const names = readdirSync(join(this.home, 'run')).filter((name) => name.endsWith('.pid'))
    const pids = names.map((name) => this.pid(name.slice(0, -'.pid'.length)))
    const ended = this.#weir && once(this.#weir.process, 'exit')
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    await ended
    this.#weir = undefined
  }

  /** Runs another command; what it prints and its exit code. */
  weir(...args: string[]): Promise<Completed> {
    return run([WEIR, ...args], this.#env)
  }

  async status(): Promise<{ healthy: boolean; problems: readonly Problem[] }> {
    const { stdout } = await this.weir('status', '--json')
    try {
      const { supervisor, healthy, problems } = JSON.parse(stdout) as Status
      return {
        healthy,
        problems: supervisor === null ? [{ name: 'weir', found: 'is not running' }] : problems,
      }
    } catch {
      return { healthy: false, problems: [{ name: 'status', found: 'printed no JSON' }] }
    }
  }

  async doctor(): Promise<string[]> {
    const { stdout } = await this.weir('doctor')
    return stdout
      .split('\n')
      .filter((line) => line.startsWith('problem'))
      .map((line) => line.replace(/^problem\s+/, '').replaceAll(/\s+/g, ' '))
  }

  query<Row>(sql: string): Promise<Row[]> {
    return queryClickHouse(readClickHouseUrl(this.home), sql)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    for (let tries = 0; tries < 10 && existsSync(this.#disk); tries++) {
      try {
        execFileSync('/bin/umount', ['--lazy', this.#disk])
        rmSync(this.#disk, { recursive: true })
      } catch {
        await sleep(500)
      }
    }
  }
}

function homeOn(disk: string): string {
  return join(disk, 'home')
}
