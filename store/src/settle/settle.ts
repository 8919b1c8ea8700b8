import { randomUUID } from 'node:crypto'
import type { Store } from '../store.ts'
import { completePass } from './complete-pass.ts'
import { type DueTraces, readClock, readDueTraces, readUnsettledTraces } from './due-traces.ts'
import { KnownFlows } from './known-flows.ts'
import { type DonePass, type RunOfProject, settleDue } from './pass.ts'
import { SettledTraces } from './settled-traces.ts'
import { Sweep } from './sweep.ts'
import { parseTraceName, type TraceOfProject, traceName } from './trace-name.ts'

/** What a settling pass did. */
export interface Settled {
  /** Traces whose spans were read. */
  readonly traces: number
  /** Runs written, of any source. */
  readonly runs: number
  /** There was, or may be, more than one pass takes: the next one should follow at once. */
  readonly more: boolean
  /** Runs of more traces than one run is put together of (1,000), if there were any: what came of them now is a run of its own. */
  readonly crowdedRuns?: readonly RunOfProject[]
  /** A trace that could not be settled though it was alone. Passes leave it out until it could. */
  readonly failed?: FailedTrace
}

export interface FailedTrace extends TraceOfProject {
  readonly cause: unknown
  /** Milliseconds until it is tried again. */
  readonly retryMs: number
}

/** What {@link settleTraces} has in memory: the client of an evaluation has less than a worker. */
const TRACES_AT_ONCE = 10_000
const SPANS_AT_ONCE = 100_000
const NOTHING: Settled = { traces: 0, runs: 0, more: false }

/** What a process that settles knows from pass to pass. */
export interface Memory {
  readonly traces: SettledTraces
  readonly flows: KnownFlows
  /** How far the process has come in what is due. */
  readonly sweep: Sweep
}

export function createMemory(parts: Partial<Memory> = {}): Memory {
  return { traces: new SettledTraces(), flows: new KnownFlows(), sweep: new Sweep(), ...parts }
}

/**
 * Settles these traces now (32 hex digits each), and others that share a run with them, as far as they are not settled yet. Idempotent.
 * @param params.now the time that decides whether an unfinished run has expired; default: ClickHouse's clock
 */
export async function settleTraces(
  store: Store,
  traceIds: readonly string[],
  { project = store.project, now }: { project?: string; now?: Date } = {},
): Promise<Settled> {
  const flows = new KnownFlows()
  let [settled, crowdedRuns]: [Settled, RunOfProject[]] = [NOTHING, []]
  for (let i = 0; i < traceIds.length; i += TRACES_AT_ONCE) {
    const some = traceIds.slice(i, i + TRACES_AT_ONCE).map((id) => id.toLowerCase())
    const groups = await readUnsettledTraces(store, { project, traceIds: some, spans: SPANS_AT_ONCE })
    for (const traces of groups) {
      const clock = await readClock(store, now)
      const done = await settleDue(store, { traces, clock }, { flows, settler: randomUUID() })
      await completePass(store, done)
      settled = { ...settled, traces: settled.traces + done.traces, runs: settled.runs + done.runs }
      crowdedRuns = [...crowdedRuns, ...done.crowdedRuns]
    }
  }
  return { ...settled, ...(crowdedRuns.length > 0 && { crowdedRuns }) }
}

export interface QuietParams {
  readonly quietMs: number
  /** Default: ClickHouse's clock, which the receipts of spans are of. */
  readonly now?: Date
  /** What the process knows of earlier passes; without it every trace is read as if it had been settled before. */
  readonly memory?: Memory | undefined
}

/**
 * Settles traces that got spans since they were last settled and none for `quietMs`, in one bounded pass: call it again
 * at once while there is more. Whatever a pass did not finish, the next one repeats, with fewer traces; so one that fails
 * or ends the engine is alone in the end.
 */
export async function settleQuiet(store: Store, { quietMs, now, memory }: QuietParams): Promise<Settled> {
  const sweep = memory?.sweep ?? new Sweep()
  const retried = await retryFailed(store, sweep, now)
  if (retried) return retried
  const due = await readDueTraces(store, { quietMs, now, sweep })
  const last = due?.traces.at(-1)
  const goOn = () => sweep.advance(due?.limited ? last?.traceId : undefined)
  if (due === undefined || last === undefined) return { ...NOTHING, more: goOn() }
  try {
    const { runs, crowdedRuns } = await settleAll(store, due, memory, sweep)
    return { traces: due.traces.length, runs, more: goOn(), ...(crowdedRuns.length > 0 && { crowdedRuns }) }
  } catch (error) {
    sweep.narrow(due.traces.length / 2)
    if (due.traces.length > 1) throw error
    return { ...NOTHING, more: true, failed: noteFailed(sweep, traceName(last), error) }
  }
}

async function settleAll(
  store: Store,
  due: DueTraces,
  memory: Memory | undefined,
  sweep: Sweep,
): Promise<DonePass> {
  const start = performance.now()
  const { traces, flows = new KnownFlows() } = memory ?? {}
  const done = await settleDue(store, due, {
    memory: traces,
    flows,
    settler: traces?.settler ?? randomUUID(),
  })
  await completePass(store, done)
  if (done.largest) sweep.postponed.noteSettled(traceName(done.largest), performance.now() - start)
  return done
}

/** A pass of one failed trace whose time has come; undefined: there is none. */
async function retryFailed(store: Store, sweep: Sweep, now: Date | undefined): Promise<Settled | undefined> {
  const name = sweep.postponed.due
  if (name === undefined) return undefined
  const { traceId, project } = parseTraceName(name)
  try {
    const start = performance.now()
    const settled = await settleTraces(store, [traceId], { project, ...(now === undefined ? {} : { now }) })
    sweep.postponed.noteSettled(name, performance.now() - start)
    return { ...settled, more: true }
  } catch (error) {
    return { ...NOTHING, more: true, failed: noteFailed(sweep, name, error) }
  }
}

function noteFailed(sweep: Sweep, name: string, cause: unknown): FailedTrace {
  return { ...parseTraceName(name), cause, retryMs: sweep.postponed.noteFailed(name) }
}
