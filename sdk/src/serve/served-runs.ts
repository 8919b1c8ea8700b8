import type { RunHandle } from '../flow/run-handle.ts'

/** Runs that are over and can still be asked for. */
const MAX_FINISHED = 1_000

interface ServedRun {
  readonly flow: string
  readonly user: string | undefined
  readonly handle: RunHandle<unknown>
  readonly status: 'running' | 'ok' | 'error'
  /** What is public of its steps: neither inputs nor outputs. */
  steps(): { label: string; index: number; status: string; duration: number }[]
}

/** The runs that this process serves, until it forgets them. */
export class ServedRuns {
  readonly #runs: Map<string, ServedRun & { status: 'running' | 'ok' | 'error' }> = new Map()
  readonly #finished: string[] = []

  add(flow: string, user: string | undefined, handle: RunHandle<unknown>): void {
    const steps = () =>
      handle.steps().map(({ label, index, status, duration }) => ({ label, index, status, duration }))
    const run = { flow, user, handle, status: 'running' as 'running' | 'ok' | 'error', steps }
    this.#runs.set(handle.id, run)
    const finish = (status: 'ok' | 'error') => {
      run.status = status
      this.#finished.push(handle.id)
      if (this.#finished.length > MAX_FINISHED) this.#runs.delete(this.#finished.shift() as string)
    }
    handle.result.then(
      () => finish('ok'),
      () => finish('error'),
    )
  }

  get(runId: string): ServedRun | undefined {
    return this.#runs.get(runId)
  }
}
