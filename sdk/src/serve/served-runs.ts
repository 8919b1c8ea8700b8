import type { StoredRun } from '../durable/stored-run.ts'
import type { RunHandle } from '../flow/run-handle.ts'
import type { ServedFlows } from './serve.ts'

/** Runs without a store that are over and can still be asked for. */
const MAX_FINISHED = 1_000

/** What may be seen of a run: neither inputs nor outputs. */
interface RunView {
  readonly runId: string
  readonly flow: string
  readonly status: string
  /** What a suspended run waits for. */
  readonly waitingFor?: readonly {
    readonly signal?: string
    readonly key?: string
    readonly until?: string
  }[]
  readonly steps: readonly { readonly label: string; readonly index: number; readonly status: string }[]
}

export interface ServedRun {
  /** The name under which its flow is served. */
  readonly flow: string
  readonly user: string | undefined
  /** Of a flow with a store. */
  readonly stored: StoredRun | undefined
  view(): Promise<RunView>
  cancel(): Promise<void>
}

/** The runs of the served flows: those that a store keeps, and those of this process until it forgets them. */
export class ServedRuns {
  readonly #flows: ServedFlows
  readonly #runs: Map<string, ServedRun> = new Map()
  readonly #finished: string[] = []

  constructor(flows: ServedFlows) {
    this.#flows = flows
  }

  /** A run without a store; `request` aborts when its caller leaves. */
  add(flow: string, user: string | undefined, handle: RunHandle<unknown>, request: AbortSignal): void {
    const { id: runId } = handle
    let status = 'running'
    const steps = () => handle.steps().map(({ label, index, status }) => ({ label, index, status }))
    this.#runs.set(runId, {
      flow,
      user,
      stored: undefined,
      view: async () => ({ runId, flow, status, steps: steps() }),
      cancel: async () => handle.cancel(),
    })
    const finish = (end: string) => {
      status = end
      this.#finished.push(runId)
      if (this.#finished.length > MAX_FINISHED) this.#runs.delete(this.#finished.shift() as string)
    }
    handle.result.then(
      () => finish('ok'),
      (error: unknown) => {
        const isStopped = request.aborted || (error as { name?: unknown } | null)?.name === 'AbortError'
        finish(isStopped ? 'cancelled' : 'error')
      },
    )
  }

  async find(runId: string): Promise<ServedRun | undefined> {
    const known = this.#runs.get(runId)
    if (known !== undefined) return known
    for (const [name, flow] of Object.entries(this.#flows)) {
      if (!flow.hasStore) continue
      const stored = flow.get(runId)
      const record = await stored.record()
      if (record === undefined) continue
      const { user } = record
      return { flow: name, user, stored, view: () => viewOf(name, stored), cancel: () => stored.cancel() }
    }
    return undefined
  }
}

async function viewOf(flow: string, stored: StoredRun): Promise<RunView> {
  const [record, steps] = await Promise.all([stored.record(), stored.steps()])
  const { status = 'unknown', waitingFor = [] } = record ?? {}
  return {
    runId: stored.id,
    flow,
    status,
    ...(status === 'suspended'
      ? {
          waitingFor: waitingFor.map(({ signal, key, deadline }) => ({
            ...(signal === undefined ? {} : { signal }),
            ...(key === undefined ? {} : { key }),
            ...(deadline === undefined ? {} : { until: new Date(deadline).toISOString() }),
          })),
        }
      : {}),
    steps: steps.map(({ step, outcome }) => ({
      label: step.label,
      index: step.occurrence ?? 0,
      status: 'error' in outcome ? 'error' : 'ok',
    })),
  }
}
