import { checkKnown, expected, UsageError } from '../errors.ts'
import type { FlowDefinition } from '../flow/flow-definition.ts'
import type { Store } from '../stores/store.ts'
import { Dispatcher } from './dispatcher.ts'
import { schedule } from './due.ts'
import { followRun } from './follow-run.ts'
import { listSteps, type RememberedStep } from './journal.ts'
import { changeRun, deleteRun, hasEnded, type RunRecord, type RunStatus, readRun } from './run-record.ts'
import { sendSignal } from './signals.ts'
import { checkSignal, type Signal } from './waits.ts'

/** A run that a store keeps, whichever process executes it. */
export interface StoredRun<O = unknown> {
  readonly id: string
  /** Undefined: the store has no such run of the flow. */
  status(): Promise<RunStatus | undefined>
  /** All that is kept of it. */
  record(): Promise<RunRecord | undefined>
  /** Its steps that are over, in the order of their ends. */
  steps(): Promise<readonly RememberedStep[]>
  /** Settles as the run does. */
  result(): Promise<O>
  /**
   * Sends a signal. It is kept until the run waits for it. After an error, send it again with the same `id`.
   * @throws FlowValidationError, NotStorableError, UsageError if there is no such run or it is over
   */
  signal<I>(signal: Signal<I, unknown>, value: I, options?: SignalOptions): Promise<void>
  /** Forgets all that is kept of it. @throws UsageError if it is not over */
  delete(): Promise<void>
  /** Cancels it, in whichever process; without effect on a run that is over. */
  cancel(reason?: unknown): Promise<void>
}

export interface SignalOptions {
  /** Which of several waits it is for. */
  readonly key?: string | undefined
  /** The same signal again, if it was sent before. */
  readonly id?: string | undefined
}

const KNOWN = new Set(['key', 'id'])

/** @throws UsageError for a flow without a store */
export function storedRun(flow: FlowDefinition, id: string): StoredRun<never> {
  const { store } = flow
  if (store === undefined)
    throw new UsageError(`get: expected a flow with a store, got flow "${flow.name}" without one`)
  if (typeof id !== 'string' || id === '') throw expected('get', 'the id of a run', id)
  const record = async () => {
    await Dispatcher.of(store).created(id)
    const found = await readRun(store, id)
    return found?.flow === flow.name ? found : undefined
  }
  return Object.freeze({
    id,
    record,
    status: async () => (await record())?.status,
    steps: () => listSteps(store, id),
    result: async () => {
      await existing(record, flow, id)
      return followRun(store, id) as Promise<never>
    },
    signal: async (signal: Pick<Signal, 'name' | 'schema'>, value: unknown, options: SignalOptions = {}) => {
      checkKnown('options of signal', options, KNOWN)
      const checked = await checkSignal(flow.name, signal, value)
      const found = await existing(record, flow, id)
      if (hasEnded(found))
        throw new UsageError(`run ${id} is over (${found.status}): it takes no signal any more`)
      await sendSignal(store, id, { name: signal.name, value: checked, ...options }, Date.now())
      Dispatcher.of(store).lookSoon()
    },
    delete: async () => {
      await existing(record, flow, id)
      const left = await deleteRun(store, id)
      if (left !== undefined)
        throw new UsageError(`run ${left.id} is ${left.status}: only a run that is over can be deleted`)
    },
    cancel: async (reason: unknown = new DOMException('The run was cancelled', 'AbortError')) => {
      await existing(record, flow, id)
      await cancelRun(store, id, reason)
    },
  })
}

async function existing(
  record: () => Promise<RunRecord | undefined>,
  flow: FlowDefinition,
  id: string,
): Promise<RunRecord> {
  const found = await record()
  if (found === undefined) throw new UsageError(`the store of flow "${flow.name}" has no run ${id}`)
  return found
}

async function cancelRun(store: Store, id: string, reason: unknown): Promise<void> {
  await changeRun(
    store,
    id,
    (run) => (hasEnded(run) ? undefined : { ...run, cancelled: { reason } }),
    'reason of a cancellation',
  )
  await schedule(store, id, Date.now())
  Dispatcher.of(store).lookSoon()
}
