import { UsageError } from '../errors.ts'
import { newRunId, newSpanId } from '../spans/ids.ts'
import type { Store } from '../stores/store.ts'
import { clearDue } from './due.ts'
import { changeHeldRun, type Lease, type LeaseRequest, offerLease, toFree } from './lease.ts'
import { retain } from './retention.ts'
import { addNested, type PendingWait, type RunRecord, recordKey } from './run-record.ts'
import { toStored } from './stored-value.ts'

/** What a new run is given. */
export type NewRun = Pick<RunRecord, 'flow'> &
  Partial<
    Pick<RunRecord, 'version' | 'input' | 'session' | 'user' | 'metadata' | 'deadline' | 'retention'>
  > & {
    /** Default: a new one. Not with an idempotency key, which gives the id. */
    readonly id?: string
    /** Gives the id: the same run whenever somebody creates it with the same key. */
    readonly idempotencyKey?: string
    /** The run that it is nested in, in the same store. */
    readonly parent?: string
  }

export interface CreatedRun {
  readonly id: string
  /** As {@link RunRecord.name}, of a run that this call created. */
  readonly name?: string
  /** The caller executes the run. Undefined: an earlier call with the idempotency key created it. */
  readonly lease: Lease | undefined
}

/** How a run ended. */
export type RunEnd =
  | { readonly status: 'ok'; readonly output: unknown }
  | { readonly status: 'error' | 'cancelled'; readonly error: unknown }

/** Another run has this id. */
export class RunExistsError extends Error {
  override readonly name = 'RunExistsError'
  readonly code = 'RUN_EXISTS'

  constructor(id: string) {
    super(
      `There is a run with the id ${JSON.stringify(id)} already. Leave out the id, or use an idempotency key`,
    )
  }
}

/**
 * Records a new run, held by the caller.
 *
 * @throws RunExistsError if there is a run with the id, NotStorableError if input or metadata cannot be stored
 */
export async function createRun(store: Store, run: NewRun, request: LeaseRequest): Promise<CreatedRun> {
  const id = idOf(run)
  const { flow, version, input, session, user, metadata, deadline, retention, idempotencyKey, parent } = run
  const record: RunRecord = {
    id,
    name: `${id}@${newSpanId()}`,
    flow,
    version,
    input,
    status: 'running',
    session,
    user,
    metadata,
    ...(deadline === undefined ? {} : { deadline }),
    ...(retention === undefined ? {} : { retention }),
    createdAt: request.now,
    updatedAt: request.now,
    lease: { owner: request.owner, epoch: 1, expires: request.now + request.duration },
  }
  const text = await toStored(`input or metadata of flow "${flow}"`, record)
  if (parent !== undefined) await addNested(store, parent, id)
  const lease = await offerLease(store, id, request, record.lease.epoch)
  if ((await store.put(await recordKey(id), text)) !== undefined) return { id, name: record.name, lease }
  await clearDue(store, lease.due)
  if (idempotencyKey === undefined) throw new RunExistsError(id)
  return { id, lease: undefined }
}

/**
 * Nobody executes the run until somebody finds it due.
 *
 * @throws LeaseLostError
 */
export async function suspendRun(
  store: Store,
  lease: Lease,
  now: number,
  waitingFor: readonly PendingWait[] = [],
): Promise<void> {
  await changeHeldRun(store, lease, (record) => ({ ...toFree(record, now), status: 'suspended', waitingFor }))
  await clearDue(store, lease.due)
}

/** @throws LeaseLostError, or NotStorableError if output or error cannot be stored */
export async function finishRun(store: Store, lease: Lease, end: RunEnd, now: number): Promise<void> {
  const subject = end.status === 'ok' ? 'output' : 'error'
  const ended = await changeHeldRun(store, lease, (record) => ({ ...toFree(record, now), ...end }), subject)
  try {
    await retain(store, ended, now)
    await clearDue(store, lease.due)
  } catch {
    // The run has ended all the same. Whoever finds its lease due does what is left.
  }
}

/** With an idempotency key it is made of flow and key, so that one write decides who was first. */
export function idOf({ id, flow, idempotencyKey }: Pick<NewRun, 'id' | 'flow' | 'idempotencyKey'>): string {
  if (idempotencyKey === undefined) return id ?? newRunId()
  if (id !== undefined) throw new UsageError('expected an id or an idempotency key of a run, got both')
  // Different pairs never give the same id.
  return `${flow.replace(/[%/]/g, encodeURIComponent)}/${idempotencyKey}`
}
