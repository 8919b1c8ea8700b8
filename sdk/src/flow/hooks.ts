import { checkKnown, expected } from '../errors.ts'
import { warn } from '../warn.ts'
import type { RunListener, RunState } from './run-state.ts'

/** Called as runs go on, to observe them only: what they throw is said on stderr, what they return is ignored. */
export interface FlowHooks {
  readonly started?: ((run: RunEvent) => unknown) | undefined
  /** An output that is a stream is undefined here: it went to whoever called, chunk by chunk. */
  readonly completed?: ((run: RunEvent & { readonly output: unknown }) => unknown) | undefined
  /** Failed, or cancelled. */
  readonly failed?:
    | ((run: RunEvent & { readonly error: unknown; readonly cancelled: boolean }) => unknown)
    | undefined
  /** Waits for a signal or a time; goes on perhaps in another process. */
  readonly suspended?: ((run: RunEvent) => unknown) | undefined
  /** After `completed` or `failed`. */
  readonly finished?: ((run: RunEvent) => unknown) | undefined
  readonly stepFailed?:
    | ((run: RunEvent & { readonly step: string; readonly error: unknown }) => unknown)
    | undefined
}

const KNOWN = new Set(['started', 'completed', 'failed', 'suspended', 'finished', 'stepFailed'])

/** @throws UsageError */
export function checkHooks(flow: string, hooks: FlowHooks): void {
  checkKnown(`on of flow "${flow}"`, hooks, KNOWN)
  for (const [name, hook] of Object.entries(hooks)) {
    if (hook !== undefined && typeof hook !== 'function') throw expected(`on.${name}`, 'a function', hook)
  }
}

export interface RunEvent {
  readonly runId: string
  readonly flow: string
  readonly session: string | undefined
  readonly user: string | undefined
}

export function hookListener(hooks: FlowHooks, { runId, flow, session, user }: RunState): RunListener {
  const event: RunEvent = { runId, flow, session, user }
  return {
    started: () => hooks.started?.(event),
    suspended: () => hooks.suspended?.(event),
    step: ({ label, status, error }) =>
      status === 'error' ? hooks.stepFailed?.({ ...event, step: label, error }) : undefined,
    completed: (output) => hooks.completed?.({ ...event, output }),
    failed: (error, cancelled) => hooks.failed?.({ ...event, error, cancelled }),
    finished: () => hooks.finished?.(event),
  }
}

/** Tells every listener of the run; one that throws does not keep the others from hearing it. */
export function tell(run: RunState, say: (listener: RunListener) => unknown): void {
  for (const listener of run.listeners) {
    try {
      const result = say(listener)
      if (result instanceof Promise) result.catch((error: unknown) => warnOf(run, error))
    } catch (error) {
      warnOf(run, error)
    }
  }
}

function warnOf({ flow }: RunState, error: unknown): void {
  warn('hook', `a hook of flow "${flow}" failed: ${String(error)}`)
}
