import { type ChildProcess, fork } from 'node:child_process'
import { getCompileCacheDir } from 'node:module'
import { extname } from 'node:path'
import { UsageError } from '@weir/config'
import type { Recording } from './in-process.ts'
import type { RunnerMessage, RunnerNews, RunnerRequest, RunnerRequests, RunnerTask } from './messages.ts'

export interface RunnerOptions {
  /** Where relative paths of the user's code start. */
  readonly directory: string
  readonly recording: Recording
  /** Set besides those of this process. */
  readonly env?: NodeJS.ProcessEnv
  /** Where what the user's code prints goes. */
  readonly stdout?: 'stdout' | 'stderr'
  /** A trial that had ended threw outside of its promise. */
  readonly onLate?: (runId: string, message: string) => void
  /** Code threw outside of its promise, or called `process.exit`, in no trial. */
  readonly onUnowned?: (message: string) => void
}

/** The process ended, or was ended, before it answered. */
export class RunnerEndedError extends Error {
  override readonly name = 'RunnerEndedError'
  readonly reason: 'crashed' | 'timeout'
  /** It had nothing else to do, so what it was asked is what ended it. */
  readonly wasAlone: boolean

  constructor(message: string, reason: 'crashed' | 'timeout', wasAlone: boolean) {
    super(message)
    this.reason = reason
    this.wasAlone = wasAlone
  }
}

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  readonly maxSilenceMs: number
  readonly onTaskEnd: (() => void) | undefined
}

/** How long a process without work is kept. */
const MAX_IDLE_MS = 30_000
const WATCH_MS = 500
/** How long the event loop may be held while the process starts and code is loaded, or makes its cases. */
export const MAX_LOAD_MS = 120_000

/** A process that runs the user's code. */
export class RunnerProcess {
  readonly #child: ChildProcess
  readonly #pending: Map<number, Pending> = new Map()
  readonly #onLate: RunnerOptions['onLate']
  readonly #onUnowned: RunnerOptions['onUnowned']
  readonly #watch: NodeJS.Timeout
  #unsent: RunnerRequest[] = []
  #next = 0
  /** Looks in a row at which it had said nothing. Time is no measure: this process may have stood still itself. */
  #silentLooks = 0
  #idle: NodeJS.Timeout | undefined
  #hasLoaded = false
  #blockedMs: number | undefined
  #hasEnded = false

  constructor({ directory, recording, env, stdout = 'stdout', onLate, onUnowned }: RunnerOptions) {
    this.#onLate = onLate
    this.#onUnowned = onUnowned
    const extension = extname(import.meta.url)
    this.#child = fork(new URL(`./main${extension}`, import.meta.url), [recording], {
      cwd: directory,
      env: { ...process.env, NODE_COMPILE_CACHE: getCompileCacheDir(), ...env },
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', stdout === 'stderr' ? 2 : 'inherit', 'inherit', 'ipc'],
    })
    this.#child.on('message', ({ weir }: Partial<RunnerMessage>) => {
      for (const news of weir ?? []) this.#hear(news)
    })
    this.#child.on('error', (error) => this.#end(error.message))
    this.#child.on('exit', (code, signal) =>
      this.#end(signal === null ? `exit code ${code}` : `signal ${signal}`),
    )
    // It cut its own connection: nothing that it does can be known any more.
    this.#child.on('disconnect', () => this.close())
    this.#watch = setInterval(() => this.#endIfSilent(), WATCH_MS).unref()
    this.#keepAwake(false)
  }

  /** Also while it ends: it takes nothing any more. */
  get hasEnded(): boolean {
    return this.#hasEnded || this.#child.killed
  }

  get isIdle(): boolean {
    return this.#pending.size === 0
  }

  /**
   * @param maxSilenceMs - how long its event loop may be held
   * @throws UsageError or Error as it answers, {@link RunnerEndedError} if it cannot
   */
  ask(task: RunnerTask, maxSilenceMs: number, onTaskEnd?: () => void): Promise<unknown> {
    clearTimeout(this.#idle)
    if (this.isIdle) {
      this.#silentLooks = 0
      this.#keepAwake(true)
    }
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, maxSilenceMs, onTaskEnd })
      if (this.#unsent.length === 0) setImmediate(() => this.#sendAll())
      this.#unsent.push({ ...task, id })
    })
  }

  #sendAll(): void {
    const message: RunnerRequests = { requests: this.#unsent }
    this.#unsent = []
    this.#child.send(message, (error) => {
      if (error !== null) this.#end(error.message)
    })
  }

  close(): void {
    this.#child.kill('SIGKILL')
  }

  #hear(news: RunnerNews): void {
    this.#silentLooks = 0
    if (news === 'alive') return
    if (news === 'loaded') {
      this.#hasLoaded = true
      return
    }
    if ('taskEnded' in news) {
      this.#pending.get(news.taskEnded)?.onTaskEnd?.()
      return
    }
    if ('late' in news) {
      this.#onLate?.(news.runId, news.late)
      return
    }
    if ('unowned' in news) {
      this.#onUnowned?.(news.unowned)
      return
    }
    const pending = this.#pending.get(news.id)
    this.#pending.delete(news.id)
    if ('error' in news) pending?.reject(new (news.isUsage ? UsageError : Error)(news.error))
    else pending?.resolve(news.value)
    if (!this.isIdle) return
    this.#idle = setTimeout(() => this.close(), MAX_IDLE_MS).unref()
    this.#keepAwake(false)
  }

  /** A process that waits for work ends with this one: it must not hold it up. */
  #keepAwake(isAwake: boolean): void {
    if (isAwake) {
      this.#child.ref()
      this.#child.channel?.ref()
    } else {
      this.#child.unref()
      this.#child.channel?.unref()
    }
  }

  /** A task that never gives up the event loop can only be ended from outside. */
  #endIfSilent(): void {
    if (this.isIdle) return
    const silentMs = ++this.#silentLooks * WATCH_MS
    const allowed = [...this.#pending.values()].map(({ maxSilenceMs }) => maxSilenceMs)
    if (silentMs < Math.max(...allowed, this.#hasLoaded ? 0 : MAX_LOAD_MS)) return
    this.#blockedMs = silentMs
    this.close()
  }

  #end(how: string): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    clearTimeout(this.#idle)
    clearInterval(this.#watch)
    const wasAlone = this.#pending.size === 1
    const error =
      this.#blockedMs === undefined
        ? new RunnerEndedError(`The process that ran the evaluation ended: ${how}.`, 'crashed', wasAlone)
        : new RunnerEndedError(
            `The process was ended: something held its event loop for ${this.#blockedMs} ms.`,
            'timeout',
            wasAlone,
          )
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }
}
