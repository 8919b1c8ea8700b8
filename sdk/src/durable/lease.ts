import type { Store } from '../stores/store.ts'
import { clearDue, type Due, schedule } from './due.ts'
import { changeRun, hasEnded, type RunRecord, readRun } from './run-record.ts'

/**
 * The right to execute a run, for a while. At most one process has it, as far as their clocks agree. If their clocks differ by a
 * second, two processes may execute the run for a second: steps may be executed twice, as after a crash, but the journal keeps
 * one result of each, a signal reaches one wait, and only the later owner writes the record. So let `duration` be far more than
 * clocks differ, and renew after a third of it.
 */
export interface Lease {
  readonly run: string
  readonly owner: string
  /** Each owner's is greater than that of the owners before: a fencing token for other systems, too. */
  readonly epoch: number
  /** Milliseconds. */
  readonly duration: number
  /** Milliseconds since 1970. The owner stops before, unless it has renewed. */
  readonly expires: number
  /** Any process finds the run when the lease runs out. */
  readonly due: Due
}

export interface LeaseRequest {
  /** Names the process, for status pages. It gets no second lease of a run that it holds. */
  readonly owner: string
  /** Milliseconds. */
  readonly duration: number
  /** Milliseconds since 1970, by the caller's clock. */
  readonly now: number
}

/** Another process has taken over the run, or it has ended: what was to be written of it is not. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError'
  readonly code = 'LEASE_LOST'

  constructor(run: string) {
    super(
      `Run ${JSON.stringify(run)} is not held any more: another process has taken it over, or it has ended`,
    )
  }
}

/** Resolves to undefined if another process holds the run, if it has ended, or if there is none. */
export async function acquireLease(
  store: Store,
  run: string,
  request: LeaseRequest,
): Promise<Lease | undefined> {
  const found = await readRun(store, run)
  if (found === undefined || !isFree(found, request.now)) return undefined
  const { epoch } = found.lease
  const lease = await offerLease(store, run, request, epoch + 1)
  let acquired = false
  await changeRun(store, run, (record) => {
    // Who acquired the run in between, and left it again, may have cleared what it is found by.
    acquired = record.lease.epoch === epoch && isFree(record, request.now)
    return acquired
      ? { ...record, status: 'running', updatedAt: request.now, lease: toRecorded(lease) }
      : undefined
  })
  if (acquired) return lease
  await clearDue(store, lease.due)
  return undefined
}

/** Milliseconds for which the entry of an unknown run stays: its creator may be slow, and writes the record after it. */
const UNKNOWN = 86_400_000

/**
 * For each entry of `listDue`: acquires its run, and clears the entry once the lease stands in for it. Resolves to undefined, and
 * keeps the entry, while another process holds the run: that process is to look, and to clear it.
 */
export async function acquireDue(store: Store, due: Due, request: LeaseRequest): Promise<Lease | undefined> {
  const record = await readRun(store, due.run)
  const lease = record && (await acquireLease(store, due.run, request))
  const isOver = record === undefined ? due.at + UNKNOWN < request.now : hasEnded(record)
  if (lease !== undefined || isOver) await clearDue(store, due)
  return lease
}

/** @throws LeaseLostError */
export async function renewLease(store: Store, lease: Lease, now: number): Promise<Lease> {
  const renewed = await offerLease(store, lease.run, { ...lease, now }, lease.epoch)
  await changeHeldRun(store, lease, (record) => ({ ...record, lease: toRecorded(renewed) }))
  await clearDue(store, lease.due)
  return renewed
}

/** Any process may acquire the run from now on, and finds it at once. Nothing happens if the lease is lost. */
export async function releaseLease(store: Store, lease: Lease, now: number): Promise<void> {
  await schedule(store, lease.run, now)
  await changeRun(store, lease.run, (record) => (holds(record, lease) ? toFree(record, now) : undefined))
  await clearDue(store, lease.due)
}

/**
 * Changes the record of a run as its owner. An owner whose time has passed may do so until another one acquires the run.
 *
 * @throws LeaseLostError
 */
export async function changeHeldRun(
  store: Store,
  lease: Lease,
  change: (record: RunRecord) => RunRecord,
  subject?: string,
): Promise<RunRecord> {
  let held = false
  const fenced = (record: RunRecord) => {
    held = holds(record, lease)
    return held ? change(record) : undefined
  }
  const changed = await changeRun(store, lease.run, fenced, subject)
  if (!held || changed === undefined) throw new LeaseLostError(lease.run)
  return changed
}

/** A lease that is not recorded yet. What it is found by comes first: a crash in between costs one look at the run. */
export async function offerLease(
  store: Store,
  run: string,
  { owner, duration, now }: LeaseRequest,
  epoch: number,
): Promise<Lease> {
  const expires = now + duration
  return { run, owner, epoch, duration, expires, due: await schedule(store, run, expires) }
}

function toRecorded({ owner, epoch, expires }: Lease): RunRecord['lease'] {
  return { owner, epoch, expires }
}

export function toFree(record: RunRecord, now: number): RunRecord {
  return { ...record, updatedAt: now, lease: { ...record.lease, expires: 0 } }
}

function isFree(record: RunRecord, now: number): boolean {
  return !hasEnded(record) && record.lease.expires <= now
}

function holds(record: RunRecord, { epoch }: Lease): boolean {
  return !hasEnded(record) && record.lease.epoch === epoch
}
