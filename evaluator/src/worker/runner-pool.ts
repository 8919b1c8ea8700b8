import { type ChildProcess, fork } from 'node:child_process'
import type { TrialRun } from '../experiment/trials.ts'
import type { ExperimentJob, TrialJob } from '../queue.ts'
import type { WorkerConfig } from './config.ts'

/** What a runner process is asked to do. */
type RunnerTask =
  | { readonly kind: 'trial'; readonly job: TrialJob }
  | { readonly kind: 'judge'; readonly job: ExperimentJob; readonly trials: readonly TrialRun[] }

export type RunnerRequest = RunnerTask & { readonly id: number }

export type RunnerAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string }

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** How long a runner without work is kept. */
const MAX_IDLE_MS = 30_000

/** A process that runs the user's code for one experiment. */
class Runner {
  readonly #child: ChildProcess
  readonly #pending: Map<number, Pending> = new Map()
  readonly #onEnd: () => void
  #next = 0
  #idle: NodeJS.Timeout | undefined
  #ended = false

  constructor(directory: string, env: NodeJS.ProcessEnv, onEnd: () => void) {
    this.#onEnd = onEnd
    this.#child = fork(new URL('./runner.js', import.meta.url), [], {
      cwd: directory,
      env,
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child.on('message', (answer: RunnerAnswer) => this.#resolve(answer))
    this.#child.on('error', (error) => this.#end(error.message))
    this.#child.on('exit', (code, signal) =>
      this.#end(signal === null ? `exit code ${code}` : `signal ${signal}`),
    )
  }

  ask(task: RunnerTask): Promise<unknown> {
    clearTimeout(this.#idle)
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#child.send({ ...task, id }, (error) => {
        if (error !== null) this.#end(error.message)
      })
    })
  }

  close(): void {
    this.#child.kill('SIGKILL')
  }

  #resolve(answer: RunnerAnswer): void {
    const pending = this.#pending.get(answer.id)
    this.#pending.delete(answer.id)
    if ('error' in answer) pending?.reject(new Error(answer.error))
    else pending?.resolve(answer.value)
    if (this.#pending.size === 0) this.#idle = setTimeout(() => this.close(), MAX_IDLE_MS).unref()
  }

  #end(how: string): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#idle)
    this.#onEnd()
    for (const { reject } of this.#pending.values()) {
      reject(new Error(`The process that ran the evaluation ended: ${how}.`))
    }
  }
}

/** Runner processes by experiment. The next task replaces a runner that crashed. */
export class RunnerPool {
  readonly #env: NodeJS.ProcessEnv
  readonly #runners: Map<string, Runner> = new Map()

  constructor({ store, endpoint, apiKey }: Pick<WorkerConfig, 'store' | 'endpoint' | 'apiKey'>) {
    this.#env = {
      ...process.env,
      WEIR_CLICKHOUSE_URL: store.url,
      WEIR_CLICKHOUSE_DATABASE: store.database,
      WEIR_PROJECT: store.project,
      ...(endpoint === undefined ? {} : { WEIR_ENDPOINT: endpoint }),
      ...(apiKey === undefined ? {} : { WEIR_API_KEY: apiKey }),
    }
  }

  /** @param key - tasks of the same key share a process */
  ask(key: string, directory: string, task: RunnerTask): Promise<unknown> {
    let runner = this.#runners.get(key)
    if (runner === undefined) {
      const created = new Runner(directory, this.#env, () => {
        if (this.#runners.get(key) === created) this.#runners.delete(key)
      })
      runner = created
      this.#runners.set(key, runner)
    }
    return runner.ask(task)
  }

  end(key: string): void {
    this.#runners.get(key)?.close()
  }

  close(): void {
    for (const runner of this.#runners.values()) runner.close()
  }
}
