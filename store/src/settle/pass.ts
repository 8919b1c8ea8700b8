import { assembleRuns } from '../run-model/assemble-runs.ts'
import type { StoredFacts } from '../run-model/read-facts.ts'
import type { Run } from '../run-model/run.ts'
import type { Store } from '../store.ts'
import { countMinutes } from './count-minutes.ts'
import type { DueTrace, PassClock } from './due-traces.ts'
import type { KnownFlows } from './known-flows.ts'
import { OpenPass } from './open-passes.ts'
import { latest, readStoredRows, type StoredRows } from './outdated-runs.ts'
import { payloadKey, readPayloads } from './read-payloads.ts'
import { readTraces } from './read-traces.ts'
import { isOverlapped, type SettledTraces } from './settled-traces.ts'
import { addSharing, groupTraces } from './shared-runs.ts'
import type { StoredSpans } from './stored-spans.ts'
import { TouchedMinutes } from './touched-minutes.ts'
import { traceName } from './trace-name.ts'
import { deleteRuns, encodeRuns, type RunRow, RunWriter } from './write-runs.ts'

/**
 * Spans of which facts and runs are in memory at once: of so few, nearly all is gone before the garbage collector has to move it.
 * With 8,000 a pass costs the worker half as much again; with 400 the engine a third, for its blocks (`npm run bench -- settle`).
 */
const GROUP = 1_000
/** Bytes of inputs and outputs that are in memory at once; one run may have more. */
const MOST_PAYLOAD = 64_000_000
/** Spans of a trace that may take as long as all others of a pass. */
const LARGE = 10_000

export interface PassParts {
  /** Without it every trace is read as if it had been settled before. */
  readonly memory?: SettledTraces | undefined
  readonly flows: KnownFlows
  /** Names the process in `settling_passes`. */
  readonly settler: string
}

export interface RunOfProject {
  readonly project: string
  readonly runId: string
}

/** What a pass did. */
export interface DonePass {
  readonly due: readonly DueTrace[]
  /** Runs that were written. */
  readonly runs: number
  /** Traces that were read. */
  readonly traces: number
  /** The traces of running runs by {@link traceName}, and when the newest span of the run was received, milliseconds since 1970. */
  readonly running: ReadonlyMap<string, number>
  /** Runs that have more traces than one run is put together of. */
  readonly crowdedRuns: readonly RunOfProject[]
  /** The trace with the most spans, if they are many. */
  readonly largest: DueTrace | undefined
}

/** The spans of some traces of one project, all that is known of them, and the rows of `runs` that they replace. */
interface ProjectPass {
  readonly project: string
  readonly spans: StoredSpans
  readonly stored: StoredRows
  readonly crowdedRuns: ReadonlySet<string>
}

/**
 * Writes the runs of some traces, deletes the rows that they replace, and makes the minutes exact. It can die at any point and be
 * repeated: nothing is checked off before all is written.
 */
export async function settleDue(
  store: Store,
  { traces, clock }: { readonly traces: readonly DueTrace[]; readonly clock: PassClock },
  { memory, flows, settler }: PassParts,
): Promise<DonePass> {
  const { version } = clock
  // Before anything is read: whoever removes spans waits for the passes that may have seen them. And before others are asked for: of two
  // processes that settle at once, one knows of the other at least.
  using pass = await OpenPass.begin(store, { settler, version })
  // Asked for after the traces were taken: whatever another process checked off before is known then.
  const othersSettle = (await memory?.refresh(store)) ?? true
  const projects = await readProjects(store, traces, memory)
  const replaced = latest([version, ...projects.map(({ stored }) => stored.newest)])
  const versions = { first: version, again: replaced + 1n }
  const written = await writeProjects(store, projects, {
    pass,
    nowMs: clock.nowMs,
    versions,
    othersSettle,
    memory,
    flows,
  })
  const { first, again } = written
  await pass.assertOpen()
  for (const { stored } of projects) {
    for (const { project, flow, startUnixNano } of stored.outdated) again.add(project, flow, startUnixNano)
    await deleteRuns(store, stored.outdated, versions.again)
  }
  await pass.assertOpen()
  await countMinutes(
    store,
    { firstRuns: written.firstRuns, firstVersion: version, first, again },
    {
      wereAway: !othersSettle,
      isAlone: async () => !((await memory?.refresh(store)) ?? true),
      areOverlapping: () => isOverlapped(store, settler, version),
    },
  )
  await pass.complete()
  return {
    due: traces,
    runs: written.runs,
    traces: projects.reduce((sum, { spans }) => sum + spans.traceCount, 0),
    running: written.running,
    crowdedRuns: projects.flatMap(({ project, crowdedRuns }) => {
      return [...crowdedRuns].map((runId) => ({ project, runId }))
    }),
    largest: findLarge(traces, projects),
  }
}

interface WriteParams extends Pick<PassParts, 'memory' | 'flows'> {
  readonly pass: OpenPass
  readonly nowMs: number
  /** `settled` of the rows of traces that have none yet, and of all others. */
  readonly versions: { readonly first: bigint; readonly again: bigint }
  /** Another process may write the same runs now. */
  readonly othersSettle: boolean
}

interface WrittenRuns extends Pick<DonePass, 'runs' | 'running'> {
  /** Of traces that had no row yet. */
  readonly firstRuns: number
  /** Their minutes, and those of all others. */
  readonly first: TouchedMinutes
  readonly again: TouchedMinutes
}

async function writeProjects(
  store: Store,
  projects: readonly ProjectPass[],
  { pass, nowMs, versions, othersSettle, memory, flows }: WriteParams,
): Promise<WrittenRuns> {
  const running = new Map<string, number>()
  const [first, again] = [new TouchedMinutes(), new TouchedMinutes()]
  let [runs, firstRuns] = [0, 0]
  const writer = new RunWriter(store)
  for (const { project, spans, stored, crowdedRuns } of projects) {
    for (const group of groupTraces(spans, GROUP)) {
      const assembled = assembleRuns(spans.facts(group), nowMs)
      const countedAs = await flows.admit(store, project, assembled)
      const rows = assembled.map((run): RunRow => {
        const isFirst = !stored.hasAny(run.traceIds)
        if (isFirst) firstRuns++
        const flow = countedAs(run.flow)
        ;(isFirst ? first : again).add(project, flow, run.startUnixNano)
        const settled = isFirst ? versions.first : versions.again
        const replaces = othersSettle || !isFirst || crowdedRuns.has(run.runId)
        return { run, project, flow, settled, replaces }
      })
      for (const row of rows) stored.replace(row)
      noteRunning(running, project, { runs: assembled, spans })
      memory?.add(idsOf(assembled))
      await pass.assertOpen()
      await writeAll(writer, rows)
      runs += rows.length
    }
  }
  await writer.flush()
  return { runs, firstRuns, first, again, running }
}

async function readProjects(
  store: Store,
  traces: readonly DueTrace[],
  memory: SettledTraces | undefined,
): Promise<ProjectPass[]> {
  const isNew = ({ traceId, sinceMs }: DueTrace) => sinceMs !== undefined && memory?.has(traceId) === false
  const fresh = traces.filter(isNew)
  const sinceMs = fresh.reduce((least, trace) => Math.min(least, trace.sinceMs!), Number.POSITIVE_INFINITY)
  const found = new Map<string, StoredSpans>()
  await readTraces(store, fresh, found, sinceMs)
  const forgotten = forget(found, memory?.forgottenUntilMs ?? 0)
  const partial = takePartial(found, fresh)
  const isMissing = (trace: DueTrace) => {
    const name = traceName(trace)
    return forgotten.has(name) || partial.has(name)
  }
  const others = traces.filter((trace) => !isNew(trace) || isMissing(trace))
  await readTraces(store, others, found)
  const projects: ProjectPass[] = []
  for (const [project, spans] of found) {
    const shared = await addSharing(store, project, found, (id) => memory?.has(id) ?? true)
    const { crowdedRuns } = shared
    const seenBefore = others.filter((trace) => trace.project === project && spans.has(trace.traceId))
    const traceIds = new Set([...seenBefore.map(({ traceId }) => traceId), ...shared.traceIds])
    const stored = await readStoredRows(store, project, [...traceIds], spans)
    projects.push({ project, spans, stored, crowdedRuns })
  }
  return projects
}

/** Takes out the traces that began before what is remembered: they may belong to traces that were forgotten. */
function forget(found: ReadonlyMap<string, StoredSpans>, untilMs: number): Set<string> {
  const forgotten = new Set<string>()
  if (untilMs === 0) return forgotten
  for (const [project, spans] of found) {
    for (const traceId of [...spans.traceIds]) {
      if (spans.times(traceId).from >= BigInt(untilMs) * 1_000_000n) continue
      spans.delete(traceId)
      forgotten.add(traceName({ project, traceId }))
    }
  }
  return forgotten
}

/**
 * Takes out the traces of which fewer records were found than came. Spans may have an earlier receipt than the one that they are
 * due for: where an insert was cut off behind `spans`, its repetition is dropped there and counted here, with its own time.
 */
function takePartial(found: ReadonlyMap<string, StoredSpans>, traces: readonly DueTrace[]): Set<string> {
  const partial = new Set<string>()
  for (const trace of traces) {
    const { project, traceId, pending } = trace
    const came = pending.reduce((sum, { reason, count }) => sum + (reason === 'spans' ? count : 0), 0)
    const spans = found.get(project)
    if (spans !== undefined && spans.count(traceId) >= came) continue
    spans?.delete(traceId)
    partial.add(traceName(trace))
  }
  return partial
}

function noteRunning(
  running: Map<string, number>,
  project: string,
  { runs, spans }: { readonly runs: readonly Run[]; readonly spans: StoredSpans },
): void {
  for (const { status, traceIds } of runs) {
    if (status !== 'running') continue
    const receivedMs = Math.max(...traceIds.map((traceId) => spans.receivedMs(traceId)))
    for (const traceId of traceIds) {
      const name = traceName({ project, traceId })
      running.set(name, Math.max(receivedMs, running.get(name) ?? 0))
    }
  }
}

/** The ids by which another pass may ask for these runs and their traces. */
function* idsOf(runs: readonly Run[]): Generator<string> {
  for (const run of runs) {
    yield* run.traceIds
    if (run.runId !== run.traceId) yield run.runId
  }
}

/** Run by run of one project, as many at once as their inputs and outputs allow. */
async function writeAll(writer: RunWriter, rows: readonly RunRow[]): Promise<void> {
  for (const some of slices(rows)) {
    const spans = new Map<string, StoredFacts>()
    for (const { run } of some) {
      for (const span of [run.inputOf, run.outputOf]) {
        const facts = span as StoredFacts | undefined
        if (facts && facts.payloadBytes > 0 && facts.payload === undefined)
          spans.set(payloadKey(facts), facts)
      }
    }
    const payloads = await readPayloads(writer.store, [...spans.values()])
    await writer.write(encodeRuns(some, payloads))
  }
}

function* slices(rows: readonly RunRow[]): Generator<RunRow[]> {
  let [slice, size]: [RunRow[], number] = [[], 0]
  for (const row of rows) {
    const bytes = payloadBytes(row.run.inputOf) + payloadBytes(row.run.outputOf)
    if (slice.length > 0 && size + bytes > MOST_PAYLOAD) {
      yield slice
      ;[slice, size] = [[], 0]
    }
    slice.push(row)
    size += bytes
  }
  if (slice.length > 0) yield slice
}

function payloadBytes(span: Run['inputOf']): number {
  return (span as StoredFacts | undefined)?.payloadBytes ?? 0
}

function findLarge(traces: readonly DueTrace[], projects: readonly ProjectPass[]): DueTrace | undefined {
  let [largest, most]: [DueTrace | undefined, number] = [undefined, LARGE]
  for (const trace of traces) {
    const spans = projects.find(({ project }) => project === trace.project)?.spans.count(trace.traceId) ?? 0
    if (spans > most) [largest, most] = [trace, spans]
  }
  return largest
}
