import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { InfrastructureError, UsageError } from '@weir/config'
import { printed } from '@weir/store/text'
import { logFile, pidFile } from './home.ts'
import { answersAtAll, Silence } from './liveness.ts'
import { LogFile } from './log-file.ts'
import type { ProcessSpec } from './process-list.ts'
import { isFrozen, sendSignal } from './running-process.ts'
import { StateFile } from './state-file.ts'

export type ProcessState =
  | 'waiting'
  | 'starting'
  | 'ready'
  | 'not answering'
  | 'restarting'
  | 'stopping'
  | 'stopped'

export interface SupervisedOptions {
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  /** A process that answered once, and then not for so many milliseconds, is killed and started again. */
  readonly livenessMs: number
  /** Called whenever a state changes, with what a person should read of it. */
  readonly changed: (process: SupervisedProcess, detail: string) => void
}

const WEIR = fileURLToPath(new URL('../../bin/weir.js', import.meta.url))
/** Between two questions whether a process that starts is ready: often at first, then for as long as it takes. */
const POLL_MS = 50
const SLOW_POLL_MS = 1_000
const POLL_OFTEN_MS = 10_000
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
  /** Milliseconds since 1970, to be shown. */
  startedAt = 0
  /** Since when it has not answered; milliseconds since 1970, to be shown. */
  silentSince: number | undefined
  /** How it ended the last time. */
  lastEnd: string | undefined
  pid: number | undefined
  readonly #options: SupervisedOptions
  readonly #log: LogFile
  readonly #pidFile: StateFile
  readonly #first = Promise.withResolvers<void>()
  readonly #wake = new AbortController()
  #child: ChildProcess | undefined
  #ended: Promise<unknown> = Promise.resolve()
  #begunAt = 0
  #everReady = false
  #isReady = false
  #failures = 0
  /** Why it was killed. */
  #verdict: string | undefined

  constructor(spec: ProcessSpec, options: SupervisedOptions) {
    this.spec = spec
    this.#options = options
    this.#log = new LogFile(logFile(options.home, spec.name))
    this.#pidFile = new StateFile(pidFile(options.home, spec.name))
    this.firstReady = this.#first.promise
    this.firstReady.catch(() => {})
  }

  start(): void {
    if (this.#stopping()) return
    this.startedAt = Date.now()
    this.#begunAt = performance.now()
    this.#isReady = false
    this.#verdict = undefined
    this.#set('starting')
    // A process group of its own: Ctrl-C in the terminal reaches the supervisor only, which then drains in order.
    const child = spawn(process.execPath, [WEIR, ...this.spec.args], {
      detached: true,
      env: this.#options.env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    this.#ended = new Promise((resolve) => {
      child.on('error', (error) => {
        this.#log.write(`could not start: ${error.message}`)
        resolve(this.#afterEnd(child, `could not start: ${error.message}`, null))
      })
      child.once('exit', (code, signal) => {
        resolve(this.#afterEnd(child, signal === null ? `exit code ${code}` : signal, code))
      })
    })
    // Without a process, as where this one has too many files open, there is nothing to follow.
    if (child.pid === undefined) return
    this.pid = child.pid
    this.#follow(child.stdout as Readable)
    this.#follow(child.stderr as Readable)
    this.#pidFile.write(String(child.pid))
    void this.#awaitReady(child)
    void this.#watch(child)
  }

  /** SIGTERM, then SIGKILL to its whole group after the deadline. */
  async stop(): Promise<void> {
    const running = this.#child !== undefined
    this.#set('stopping')
    this.#wake.abort()
    if (running) {
      this.#child?.kill('SIGTERM')
      const late = setTimeout(
        () => this.#killGroup(`did not end within ${this.spec.stopDeadlineMs / 1000} s`),
        this.spec.stopDeadlineMs,
      )
      await this.#ended
      clearTimeout(late)
    }
    this.#set('stopped')
    this.#log.close()
  }

  /** Not SIGTERM, which a process that was stopped by a signal does not notice. */
  #killGroup(reason: string): void {
    if (this.#child?.pid === undefined) return
    this.#log.write(`${reason}: killed`)
    this.#verdict = reason
    sendSignal(-this.#child.pid, 'SIGKILL')
  }

  #follow(stream: Readable): void {
    const lines = createInterface({ input: stream })
    lines.on('line', (line) => {
      if (this.state !== 'stopped') this.#log.write(printed(line))
    })
  }

  async #awaitReady(child: ChildProcess): Promise<void> {
    while (this.#runs(child)) {
      if (await this.spec.isReady()) {
        if (this.#runs(child)) this.#becameReady()
        return
      }
      const waited = performance.now() - this.#begunAt
      if (!this.#everReady && waited > FIRST_READY_MS) {
        this.#first.reject(this.#startError(`does not answer at ${this.spec.url}`, InfrastructureError))
        return
      }
      await sleep(waited < POLL_OFTEN_MS ? POLL_MS : SLOW_POLL_MS)
    }
  }

  #becameReady(): void {
    this.#everReady = true
    this.#isReady = true
    this.silentSince = undefined
    this.#set('ready', `(${((performance.now() - this.#begunAt) / 1000).toFixed(1)} s)`)
    this.#first.resolve()
  }

  /**
   * Asks from its first answer on: what starts, migrates tables or reads a long log may take its time. A process that
   * lives but cannot work, for one because another is away, answers.
   */
  async #watch(child: ChildProcess): Promise<void> {
    while (this.#runs(child) && !(await answersAtAll(this.spec))) await sleep(SLOW_POLL_MS)
    const silence = new Silence(this.#options.livenessMs)
    while (this.#runs(child)) {
      const isStopped = isFrozen(child.pid!)
      silence.note(!isStopped && (await answersAtAll(this.spec)))
      if (!this.#runs(child)) return
      if (silence.isTooLong) {
        const seconds = Math.round(silence.ms / 1000)
        return this.#killGroup(
          isStopped ? `was stopped by a signal for ${seconds} s` : `did not answer for ${seconds} s`,
        )
      }
      this.#noteSilence(silence)
      await sleep(silence.intervalMs)
    }
  }

  #noteSilence(silence: Silence): void {
    if (silence.isNotable && this.state !== 'not answering') {
      this.silentSince = Date.now() - silence.ms
      this.#set('not answering')
    } else if (silence.ms === 0 && this.state === 'not answering') {
      this.silentSince = undefined
      this.#set(this.#isReady ? 'ready' : 'starting', '(answers again)')
    }
  }

  /** Whether this child is the present one, and is to go on. */
  #runs(child: ChildProcess): boolean {
    return this.#child === child && !this.#stopping()
  }

  async #afterEnd(child: ChildProcess, how: string, code: number | null): Promise<void> {
    if (this.#child !== child) return
    const hadRecovered = this.#isReady && performance.now() - this.#begunAt > RECOVERED_MS
    this.#child = undefined
    this.pid = undefined
    this.silentSince = undefined
    this.#pidFile.remove()
    if (this.#stopping()) return
    const reason = this.#verdict ?? `ended (${how})`
    this.lastEnd = reason
    this.#failures = hadRecovered ? 1 : this.#failures + 1
    if (!this.#everReady && (code === USAGE_EXIT || this.#failures >= FIRST_STARTS)) {
      this.#first.reject(this.#startError(reason, code === USAGE_EXIT ? UsageError : InfrastructureError))
      return
    }
    this.restarts += 1
    const delay = BACKOFF_MS[Math.min(this.#failures, BACKOFF_MS.length) - 1] ?? 0
    this.#set('restarting', `${reason}, starts again in ${delay / 1000} s`)
    void this.#restartAfter(delay)
  }

  async #restartAfter(delay: number): Promise<void> {
    await sleep(delay, undefined, { signal: this.#wake.signal }).catch(() => {})
    this.start()
  }

  #startError(what: string, StartError: typeof InfrastructureError | typeof UsageError): Error {
    const said = this.#log.tail().map((line) => `\n  ${line}`)
    const path = logFile(this.#options.home, this.spec.name)
    return new StartError(`${this.spec.name} ${what}; log: ${path}${said.join('')}`)
  }

  #stopping(): boolean {
    return this.state === 'stopping' || this.state === 'stopped'
  }

  #set(state: ProcessState, detail = ''): void {
    this.state = state
    this.#options.changed(this, detail)
  }
}
