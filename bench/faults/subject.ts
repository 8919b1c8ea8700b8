import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createStore, rows } from '@weir/store'
import { type Started, startWeir, WEIR } from '../installation.ts'

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
  readonly #ports: Record<string, string>
  #weir: Started | undefined

  private constructor(disk: string, ports: Record<string, string>) {
    this.#disk = disk
    this.home = join(disk, 'home')
    mkdirSync(this.home)
    this.#ports = ports
  }

  /** @throws where this process may not mount a file system */
  static async create(ports: Record<string, string>): Promise<Subject> {
    const disk = mkdtempSync(join(tmpdir(), 'weir-faults-'))
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'weir-faults', disk])
    const subject = new Subject(disk, ports)
    await subject.start()
    return subject
  }

  get collectorUrl(): string {
    return `http://127.0.0.1:${this.#ports.WEIR_OTLP_HTTP_PORT}`
  }

  /** @param variables of the environment, beside the ports */
  async start(variables: NodeJS.ProcessEnv = {}): Promise<void> {
    this.#weir = await startWeir(this.home, { ...this.#ports, ...variables })
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
  weir(...args: string[]): Promise<{ code: number; stdout: string }> {
    const env = { ...process.env, ...this.#ports, WEIR_HOME: this.home, NO_COLOR: '1' }
    return new Promise((resolve) => {
      execFile(process.execPath, [WEIR, ...args], { env }, (error, stdout) =>
        resolve({ code: Number(error?.code ?? 0), stdout }),
      )
    })
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

  async query<Row>(sql: string): Promise<Row[]> {
    const url = readFileSync(join(this.home, 'clickhouse.url'), 'utf8').trim()
    const store = createStore({ url, database: 'weir' })
    try {
      if (/^SELECT/.test(sql)) return await rows<Row>(store, sql)
      await store.client.command({ query: sql })
      return []
    } finally {
      await store.close()
    }
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
