import type { Entry, Store } from '../stores/store.ts'
import { runKey } from './keys.ts'
import { fromStored, toStored } from './stored-value.ts'

const PAGE = 100

export type RunStatus = 'running' | 'suspended' | 'ok' | 'error' | 'cancelled'

/** What a suspended run waits for: a signal, or a time. */
export interface PendingWait {
  readonly signal?: string
  readonly key?: string
  /** Milliseconds since 1970. */
  readonly deadline?: number
}

/** What is kept of a run, beside its journal and its signals. Times are milliseconds since 1970. */
export interface RunRecord {
  readonly id: string
  /** Tells it from a run that had its id before, and was deleted. */
  readonly name: string
  readonly flow: string
  /** Of the flow when the run was created. */
  readonly version: string | undefined
  readonly input: unknown
  readonly status: RunStatus
  /** With status ok. */
  readonly output?: unknown
  /** With status error or cancelled. */
  readonly error?: unknown
  readonly session: string | undefined
  readonly user: string | undefined
  readonly metadata: Readonly<Record<string, unknown>> | undefined
  /** With status suspended. */
  readonly waitingFor?: readonly PendingWait[]
  /** Somebody wants it to be cancelled. */
  readonly cancelled?: { readonly reason: unknown }
  /** When its `timeout` is over, in whichever process; milliseconds since 1970. */
  readonly deadline?: number
  /** Milliseconds that it is kept once it has ended; for ever without. A nested run is kept as long as the run around it. */
  readonly retention?: number
  readonly createdAt: number
  readonly updatedAt: number
  readonly lease: {
    readonly owner: string
    /** Grows with every owner. 0: there was none yet. */
    readonly epoch: number
    /** Nobody holds it from then on. */
    readonly expires: number
  }
}

export async function readRun(store: Store, id: string): Promise<RunRecord | undefined> {
  const entry = await store.get(await recordKey(id))
  return entry && ((await fromStored(entry.value)) as RunRecord)
}

/**
 * Reads the record, and writes what `change` makes of it; again from the start if another write came in between.
 *
 * @param change undefined leaves the record as it is
 * @param subject what is new in it, for the error if it cannot be stored
 * @returns the record as it is now; undefined if there is none
 */
export async function changeRun(
  store: Store,
  id: string,
  change: (record: RunRecord) => RunRecord | undefined,
  subject = 'record',
): Promise<RunRecord | undefined> {
  const key = await recordKey(id)
  for (;;) {
    const entry = await store.get(key)
    if (entry === undefined) return undefined
    const record = (await fromStored(entry.value)) as RunRecord
    const changed = change(record)
    if (changed === undefined) return record
    const text = await toStored(`${subject} of flow "${record.flow}"`, changed)
    if ((await store.put(key, text, entry.version)) !== undefined) return changed
  }
}

/** A run is begun in another one, and goes with it. */
export async function addNested(store: Store, parent: string, id: string): Promise<void> {
  await store.put(await runKey(parent, 'nested', id), id)
}

/**
 * Removes all that is kept of a run that has ended, and of the runs nested in it. Its id and its idempotency key are free again:
 * no run that has them finds anything of the old one.
 *
 * @returns the first of these runs that has not ended: nothing was removed then
 */
export async function deleteRun(store: Store, id: string): Promise<RunRecord | undefined> {
  const ids = [id]
  for (const one of ids) {
    const record = await readRun(store, one)
    if (record !== undefined && !hasEnded(record)) return record
    for await (const { value } of entriesOf(store, await runKey(one, 'nested', ''))) ids.push(value)
  }
  for (const one of ids.toReversed()) await deleteOne(store, one)
  return undefined
}

/** The record goes last: if this process dies in between, nobody begins a run of this id, and it can be deleted again. */
async function deleteOne(store: Store, id: string): Promise<void> {
  const record = await store.get(await recordKey(id))
  for await (const { key, version } of entriesOf(store, await runKey(id, '')))
    if (key !== record?.key) await store.delete(key, version)
  if (record !== undefined) await store.delete(record.key, record.version)
}

async function* entriesOf(store: Store, prefix: string): AsyncGenerator<Entry, void, undefined> {
  for (let after = ''; ; ) {
    const entries = await store.list(prefix, { after, limit: PAGE })
    yield* entries
    const last = entries.at(-1)
    if (last === undefined || entries.length < PAGE) return
    after = last.key
  }
}

export function hasEnded({ status }: RunRecord): boolean {
  return status !== 'running' && status !== 'suspended'
}

export function recordKey(id: string): Promise<string> {
  return runKey(id, 'record')
}
