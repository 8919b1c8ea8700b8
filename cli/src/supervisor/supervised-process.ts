import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CliError, type ExitCode } from '../errors.ts'
import { logFile, pidFile } from './home.ts'
import { LogFile } from './log-file.ts'
import type { ProcessSpec } from './process-list.ts'

export type ProcessState = 'waiting' | 'starting' | 'ready' | 'restarting' | 'stopping' | 'stopped'

const WEIR = fileURLToPath(new URL('../../bin/weir.js', import.meta.url))
const POLL_MS = 50
/** Waits before a restart, by failures in a row. */
const BACKOFF_MS = [100, 500, 1_000, 2_000, 4_000, 8_000, 15_000]
/** A process that was ready this long has recovered: its next restart is quick again. */
const RECOVERED_MS = 30_000
/** Starts that may fail before the first success; after it, a process is restarted for ever. */
const FIRST_STARTS = 3
const FIRST_READY_MS = 120_000
const USAGE_EXIT = 2

/** Keeps one child process running until {@link stop}. */
export class SupervisedProcess {
  readonly spec: ProcessSpec
  /** Resolves when it answers for the first time, rejects if it never will. */
  readonly firstReady: Promise<void>
  state: ProcessState = 'waiting'
  restarts = 0
  startedAt = 0
  pid: number | undefined
  readonly #home: string
  readonly #env: NodeJS.ProcessEnv
  readonly #changed: (process: SupervisedProcess, detail: string) => void
  readonly #log: LogFile
  readonly #first = Promise.withResolvers<void>()
  readonly #wake = new AbortController()
  #child: ChildProcess | undefined
  #ended: Promise<unknown> = Promise.resolve()
  #everReady = false
  #failures = 0

  constructor(
    spec: ProcessSpec,
    home: string,
    env: NodeJS.ProcessEnv,
    changed: (process: SupervisedProcess, detail: string) => void,
  ) {
    this.spec = spec
    this.#home = home
    this.#env = env
    this.#changed = changed
    this.#log = new LogFile(logFile(home, spec.name))
    this.firstReady = this.#first.promise
    this.firstReady.catch(() => {})
  }

  start(): void {
    if (this.#stopping()) return
    this.startedAt = Date.now()
    this.#set('starting')
    // A process group of its own: Ctrl-C in the terminal reaches the supervisor only, which then drains in order.
    const child = spawn(process.execPath, [WEIR, ...this.spec.args], {
      detached: true,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    this.#follow(child.stdout as Readable)
    this.#follow(child.stderr as Readable)
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#log.write(`could not start: ${error.message}`)
        resolve(this.#afterEnd(child, `could not start: ${error.message}`, null))
      })
      child.once('exit', (code, signal) => {
        resolve(this.#afterEnd(child, signal === null ? `exit code ${code}` : signal, code))
      })
    })
    if (child.pid !== undefined) {
      this.pid = child.pid
      writeFileSync(pidFile(this.#home, this.spec.name), String(child.pid))
      void this.#awaitReady(child)
    }
  }

  /** SIGTERM, then SIGKILL to its whole group after the deadline. */
  async stop(): Promise<void> {
    const running = this.#child !== undefined
    this.#set('stopping')
    this.#wake.abort()
    if (running) {
      this.#child?.kill('SIGTERM')
      const late = setTimeout(() => this.#killGroup(), this.spec.stopDeadlineMs)
      await this.#ended
      clearTimeout(late)
    }
    this.#set('stopped')
    this.#log.close()
  }

  #killGroup(): void {
    if (this.#child?.pid === undefined) return
    this.#log.write(`did not end within ${this.spec.stopDeadlineMs / 1000} s: killed`)
    process.kill(-this.#child.pid, 'SIGKILL')
  }

  #follow(stream: Readable): void {
    const lines = createInterface({ input: stream })
    lines.on('line', (line) => {
      if (this.state !== 'stopped') this.#log.write(line)
    })
  }

  async #awaitReady(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + FIRST_READY_MS
    while (this.#child === child && this.state === 'starting') {
      if (await this.spec.isReady()) {
        if (this.#child === child && this.state === 'starting') this.#becameReady()
        return
      }
      if (!this.#everReady && Date.now() > deadline) {
        this.#first.reject(this.#startError(`does not answer at ${this.spec.url}`, 3))
        return
      }
      await sleep(POLL_MS)
    }
  }

  #becameReady(): void {
    this.#everReady = true
    this.#set('ready')
    this.#first.resolve()
  }

  async #afterEnd(child: ChildProcess, reason: string, code: number | null): Promise<void> {
    if (this.#child !== child) return
    const wasReady = this.state === 'ready' && Date.now() - this.startedAt > RECOVERED_MS
    this.#child = undefined
    this.pid = undefined
    rmSync(pidFile(this.#home, this.spec.name), { force: true })
    if (this.#stopping()) return
    this.#failures = wasReady ? 1 : this.#failures + 1
    if (!this.#everReady && (code === USAGE_EXIT || this.#failures >= FIRST_STARTS)) {
      this.#first.reject(this.#startError(`ended (${reason})`, code === USAGE_EXIT ? 2 : 3))
      return
    }
    this.restarts += 1
    const delay = BACKOFF_MS[Math.min(this.#failures, BACKOFF_MS.length) - 1] ?? 0
    this.#set('restarting', `ended (${reason}), starts again in ${delay / 1000} s`)
    void this.#restartAfter(delay)
  }

  async #restartAfter(delay: number): Promise<void> {
    await sleep(delay, undefined, { signal: this.#wake.signal }).catch(() => {})
    this.start()
  }

  #startError(what: string, exitCode: ExitCode): CliError {
    const said = this.#log.tail().map((line) => `\n  ${line}`)
    const path = logFile(this.#home, this.spec.name)
    return new CliError('WEIR_START', exitCode, `${this.spec.name} ${what}; log: ${path}${said.join('')}`)
  }

  #stopping(): boolean {
    return this.state === 'stopping' || this.state === 'stopped'
  }

  #set(state: ProcessState, detail = ''): void {
    this.state = state
    this.#changed(this, detail)
  }
}
