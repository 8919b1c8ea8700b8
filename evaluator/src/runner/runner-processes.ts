import type { Recording } from './in-process.ts'
import { type RunnerOptions, RunnerProcess } from './runner-process.ts'

export interface ProcessOptions extends Omit<RunnerOptions, 'onLate' | 'onUnowned'> {
  /** A process that loaded the file waits for the next trials. Off where many files are loaded: each waits with its memory. */
  readonly keepLoaded: boolean
}

/** Starts processes for the code of one file. */
export class RunnerProcesses {
  /** By run id: what a trial threw outside of its promise after it had ended. */
  readonly late: Map<string, string> = new Map()
  readonly unowned: Set<string> = new Set()
  readonly recording: Recording
  readonly #options: ProcessOptions
  #spare: RunnerProcess | undefined

  constructor(options: ProcessOptions) {
    this.#options = options
    this.recording = options.recording
  }

  /** One that has run no trial. */
  spare(): RunnerProcess {
    if (this.#spare === undefined || this.#spare.hasEnded) this.#spare = this.#start()
    return this.#spare
  }

  take(): RunnerProcess {
    const taken = this.spare()
    this.#spare = undefined
    return taken
  }

  /** Takes back one that nobody needs any more: what comes next can go on in it. */
  giveBack(runner: RunnerProcess): void {
    const isKept = this.#options.keepLoaded && this.#spare === undefined && runner.isIdle && !runner.hasEnded
    if (isKept) this.#spare = runner
    else runner.close()
  }

  #start(): RunnerProcess {
    const onLate = (runId: string, message: string) => void this.late.set(runId, message)
    const onUnowned = (message: string) => void this.unowned.add(message)
    return new RunnerProcess({ ...this.#options, onLate, onUnowned })
  }
}
