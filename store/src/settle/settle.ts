import { firstRow, type Store } from '../store.ts'
import { type Batch, complete, type Taken, takeQuiet, takeTraces } from './batch.ts'
import { checkOff } from './check-off.ts'
import { countMinutes } from './count-minutes.ts'
import { addFlows } from './known-flows.ts'
import { parseTraceName } from './postponed.ts'
import { rebuildMinutes } from './rebuild-minutes.ts'
import { resolveSpans } from './resolve-spans.ts'
import { settleSimple } from './settle-simple.ts'
import type { SettledRuns } from './settled-runs.ts'
import { splitRest } from './split-rest.ts'
import { Sweep } from './sweep.ts'
import { updateSpans } from './update-spans.ts'
import { writeRuns } from './write-runs.ts'

/** What a settling pass did. */
export interface Settled {
  /** Traces whose spans were read. */
  readonly traces: number
  /** Runs written, of any source. */
  readonly runs: number
  /** There was, or may be, more than one pass takes: the next one should follow at once. */
  readonly more: boolean
  /** A trace that could not be settled though it was alone. Passes leave it out until it could. */
  readonly failed?: FailedTrace
}

export interface FailedTrace {
  readonly traceId: string
  readonly project: string
  readonly cause: unknown
  /** Milliseconds until it is tried again. */
  readonly retryMs: number
}

const TRACES_PER_BATCH = 2_000
/** Spans of a trace that may take as long as all others of a batch. */
const LARGE = 10_000
const NOTHING: Settled = { traces: 0, runs: 0, more: false }

/**
 * Settles these traces now (32 hex digits each), and others that share a run with them. Idempotent.
 * @param params.now the time that decides whether an unfinished run has expired; default: ClickHouse's clock
 */
export async function settleTraces(
  store: Store,
  traceIds: readonly string[],
  { project = store.project, now }: { project?: string; now?: Date } = {},
): Promise<Settled> {
  let settled = NOTHING
  for (let i = 0; i < traceIds.length; i += TRACES_PER_BATCH) {
    const batch = await takeTraces(store, project, traceIds.slice(i, i + TRACES_PER_BATCH))
    const runs = await settleBatch(store, batch, now)
    await rebuildMinutes(store, [batch])
    await checkOff(store, undefined, [batch])
    settled = { ...settled, traces: settled.traces + batch.traces, runs: settled.runs + runs }
  }
  return settled
}

export interface QuietParams {
  readonly quietMs: number
  /** Default: ClickHouse's clock, which the receipts of spans are of. */
  readonly now?: Date
  /** What the process knows of earlier passes; without it every trace is read as if it had been settled before. */
  readonly known?: SettledRuns | undefined
  /** How far the process has come in what is due; without it a pass takes the lowest trace ids. */
  readonly sweep?: Sweep
}

/**
 * Settles traces that got spans since they were last settled and none for `quietMs`, in one bounded pass: call it again
 * at once while there is more. Whatever a pass did not finish, the next one repeats, with fewer traces; so one that fails
 * or ends the engine is alone in the end.
 */
export async function settleQuiet(
  store: Store,
  { quietMs, now, known, sweep = new Sweep() }: QuietParams,
): Promise<Settled> {
  const failedAgain = await retryFailed(store, sweep, now)
  if (failedAgain) return { ...NOTHING, more: true, failed: failedAgain }
  const taken = await takeQuiet(store, quietMs, now, sweep)
  const goOn = () => sweep.advance(taken.limited ? taken.last : undefined)
  if (taken.traces === 0) return { ...NOTHING, more: goOn() }
  try {
    const runs = await settleTaken(store, taken, now, { known, sweep })
    return { traces: taken.traces, runs, more: goOn() }
  } catch (error) {
    // What was written before may have been settled, or not.
    known?.doubt()
    sweep.narrow(taken.traces / 2)
    if (taken.traces > 1) throw error
    return { ...NOTHING, more: true, failed: noteFailed(sweep, taken.name, error) }
  }
}

/** Tries a failed trace again, alone; it stays due, for the next pass. */
async function retryFailed(
  store: Store,
  sweep: Sweep,
  now: Date | undefined,
): Promise<FailedTrace | undefined> {
  const name = sweep.postponed.due
  if (name === undefined) return undefined
  const { traceId, project } = parseTraceName(name)
  try {
    await settleTraces(store, [traceId], { project, ...(now === undefined ? {} : { now }) })
    sweep.postponed.noteSettled(name, 0)
    return undefined
  } catch (error) {
    return noteFailed(sweep, name, error)
  }
}

function noteFailed(sweep: Sweep, name: string, cause: unknown): FailedTrace {
  return { ...parseTraceName(name), cause, retryMs: sweep.postponed.noteFailed(name) }
}

async function settleTaken(
  store: Store,
  taken: Taken,
  now: Date | undefined,
  { known, sweep }: { known: SettledRuns | undefined; sweep: Sweep },
): Promise<number> {
  await known?.refresh(store)
  await known?.noteKnown(store, taken.id)
  const simple = known && taken.fresh > 0 ? await settleSimple(store, taken, known) : undefined
  const batches: Batch[] = []
  let runs = simple?.runs ?? 0
  for (const { id, since } of await splitRest(store, taken, known, simple)) {
    const batch = await complete(store, id, since)
    const start = performance.now()
    runs += await settleBatch(store, batch, now)
    if (batch.largest > LARGE) sweep.postponed.noteSettled(batch.largestName, performance.now() - start)
    batches.push(batch)
  }
  await countMinutes(store, taken, simple, batches)
  await known?.learn(store, batches)
  await checkOff(store, taken, batches, known)
  return runs
}

/** Settles traces of any shape; gives the number of runs. */
async function settleBatch(store: Store, batch: Batch, now: Date | undefined): Promise<number> {
  if (batch.traces === 0) return 0
  await resolveSpans(store, batch)
  await addFlows(store, batch.id)
  await updateSpans(store, batch)
  await writeRuns(store, batch, now)
  const { id, version } = batch
  return (await firstRow<{ runs: number }>(store, COUNT_RUNS, { batch: id, version }))?.runs ?? 0
}

const COUNT_RUNS = `SELECT uniqExact(project, run_id) AS runs FROM settling_spans WHERE batch = {batch:UUID}`
