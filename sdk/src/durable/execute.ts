import { UsageError } from '../errors.ts'
import type { FlowDefinition } from '../flow/flow-definition.ts'
import { executeRun } from '../flow/run.ts'
import { checkOptions, type RunOptions } from '../flow/run-options.ts'
import type { RunListener } from '../flow/run-state.ts'
import { callOutside, currentScope } from '../spans/scope.ts'
import type { Store } from '../stores/store.ts'
import { warn } from '../warn.ts'
import { Dispatcher, LEASE, OWNER, takeLease } from './dispatcher.ts'
import { DurableRun } from './durable-run.ts'
import { followRun } from './follow-run.ts'
import { type CreatedRun, createRun, idOf, RunExistsError } from './held-run.ts'
import { type Lease, LeaseLostError } from './lease.ts'
import { hasEnded, type RunRecord, readRun } from './run-record.ts'

/** Which run it is. */
export interface RunIdentity {
  readonly id: string
  /** Whoever begins it again, or executes its parent again, means the same run. */
  readonly isShared: boolean
  /** Where it is known by the run that it is nested in. */
  readonly parent?: DurableRun
}

/** Decided when it is called, in the order of the calls. */
export function identify(flow: FlowDefinition, { id, idempotencyKey }: RunOptions): RunIdentity {
  const { journal, branch } = currentScope()
  if (journal !== undefined && id === undefined && idempotencyKey === undefined) {
    const derived = journal.childId(flow.name, branch === '' ? undefined : branch)
    return { id: derived, isShared: true, parent: journal }
  }
  const given = {
    flow: flow.name,
    ...(id === undefined ? {} : { id }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  }
  return { id: idOf(given), isShared: idempotencyKey !== undefined }
}

/**
 * A run that its store keeps. With an idempotency key, and as a nested run, it may be known already: then this gives what it gave,
 * goes on with it, or waits for whoever does.
 *
 * @throws RunExistsError, NotStorableError
 */
export async function executeDurably(
  flow: FlowDefinition,
  store: Store,
  input: unknown,
  options: RunOptions,
  reader: RunListener | undefined,
  { id, isShared, parent }: RunIdentity,
): Promise<unknown> {
  const timeout = checkOptions(options)
  const { run: outer, session: around } = currentScope()
  const { metadata } = options
  const session = options.session ?? around
  const user = options.user ?? outer?.user
  const request = { owner: OWNER, duration: LEASE, now: Date.now() }
  let created: Required<CreatedRun>
  try {
    const creation = createRun(
      store,
      {
        id,
        flow: flow.name,
        input,
        ...(flow.version === undefined ? {} : { version: flow.version }),
        ...(session === undefined ? {} : { session }),
        ...(user === undefined ? {} : { user }),
        ...(metadata === undefined ? {} : { metadata }),
        ...(timeout === undefined ? {} : { deadline: request.now + timeout }),
        ...(parent?.store === store ? { parent: parent.id } : retentionOf(flow)),
      },
      request,
    )
    Dispatcher.of(store).creating(id, creation)
    created = (await creation) as Required<CreatedRun>
  } catch (error) {
    if (!(error instanceof RunExistsError) || !isShared) throw error
    return goOnWith(flow, store, id, reader)
  }
  const journal = new DurableRun(store, created, created.lease as Lease)
  journal.isAwaited = true
  return executeHere(flow, input, { ...withoutKey(options), id }, reader, journal)
}

function retentionOf({ retention }: FlowDefinition): { readonly retention?: number } {
  return retention === undefined ? {} : { retention }
}

/** The run was begun before, here or in another process. */
async function goOnWith(
  flow: FlowDefinition,
  store: Store,
  id: string,
  reader: RunListener | undefined,
): Promise<unknown> {
  const record = await readRun(store, id)
  if (record === undefined || hasEnded(record) || Dispatcher.of(store).has(id)) return followRun(store, id)
  const lease = await takeLease(store, id)
  return lease === undefined ? followRun(store, id) : resume(flow, store, record, lease, true, reader)
}

async function resume(
  flow: FlowDefinition,
  store: Store,
  record: RunRecord,
  lease: Lease,
  isAwaited: boolean,
  reader: RunListener | undefined,
): Promise<unknown> {
  const { id, input, session, user, metadata, version, deadline } = record
  if (version !== flow.version) {
    warn(
      'version',
      `run ${id} of flow "${flow.name}" was started by version ${version ?? 'none'} and goes on with version ${flow.version ?? 'none'}`,
    )
  }
  const journal = new DurableRun(store, record, lease)
  journal.isAwaited = isAwaited
  // What comes later is due, and heard then. Nothing may fail here: the lease would be renewed for a run that nobody executes.
  journal.hear(record)
  const options: RunOptions = {
    id,
    ...(session === undefined ? {} : { session }),
    ...(user === undefined ? {} : { user }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(deadline === undefined ? {} : { timeout: Math.max(0, deadline - Date.now()) }),
  }
  return executeHere(flow, input, options, reader, journal)
}

/** Settles as the run does, in whichever process it ends. */
function executeHere(
  flow: FlowDefinition,
  input: unknown,
  options: RunOptions,
  reader: RunListener | undefined,
  journal: DurableRun,
): Promise<unknown> {
  const here = executeRun(flow, input, options, reader, journal).catch((error: unknown) => {
    if (error instanceof LeaseLostError) return journal.elsewhere
    throw error
  })
  return Promise.race([here, journal.elsewhere])
}

function withoutKey({ idempotencyKey, ...options }: RunOptions): RunOptions {
  return options
}

/**
 * Goes on in this process with runs of these flows that are due: what they waited for has come, or the process that executed them
 * is gone. Gives a function that ends it, and resolves when nothing new is taken on.
 *
 * @throws UsageError for a flow without a store
 */
export function resumeDefinitions(flows: readonly FlowDefinition[]): () => Promise<void> {
  const undo = flows.map((flow) => {
    const { store } = flow
    if (store === undefined) {
      throw new UsageError(`resumeRuns: expected flows with a store, got flow "${flow.name}" without one`)
    }
    return Dispatcher.of(store).resume([flow], (known, record, lease) => {
      // Whoever asked for the look has nothing to do with the run.
      void callOutside(resume, known, store, record, lease, false, undefined).catch(() => {})
    })
  })
  return async () => {
    await Promise.all(undo.map((one) => one()))
  }
}
