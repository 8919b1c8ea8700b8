import type { StoredFacts } from '../run-model/read-facts.ts'
import type { SpanFacts } from '../run-model/span-facts.ts'
import type { Store } from '../store.ts'
import { type AssembledPass, assemblePass, latest, type ProjectFacts } from './assemble-pass.ts'
import { countMinutes } from './count-minutes.ts'
import type { DueTrace, PassClock } from './due-traces.ts'
import type { KnownFlows } from './known-flows.ts'
import { payloadKey, readPayloads } from './read-payloads.ts'
import { readTraces } from './read-traces.ts'
import { announcePass, type SettledTraces } from './settled-traces.ts'
import { addSharing } from './shared-runs.ts'
import { traceName } from './trace-name.ts'
import { deleteRuns, type RunRow, writeRuns } from './write-runs.ts'

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

/** What a pass did. */
export interface DonePass {
  readonly due: readonly DueTrace[]
  readonly clock: PassClock
  readonly runs: readonly RunRow[]
  /** Traces that were read. */
  readonly traces: number
  /** When the newest of their spans was received, milliseconds since 1970. */
  readonly receivedMs: number
  /** The trace with the most spans, if they are many. */
  readonly largest: DueTrace | undefined
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
  // Asked for after the traces were taken: whatever another process checked off before is known then.
  let othersSettle = (await memory?.refresh(store)) ?? true
  const projects = await readProjects(store, traces, memory)
  const assembled: AssembledPass[] = []
  for (const project of projects)
    assembled.push(await assemblePass(store, project, { nowMs: clock.nowMs, flows }))
  const { version } = clock
  const versions = {
    first: version,
    again: latest([version, ...assembled.map(({ replaced }) => replaced)]) + 1n,
  }
  const [first, again] = [assembled.flatMap((pass) => pass.first), assembled.flatMap((pass) => pass.again)]
  memory?.add(idsOf([...first, ...again]))
  await announcePass(store, settler, { version, isDone: false })
  await writeAll(store, first, { version: versions.first, cameLately: memory !== undefined })
  await writeAll(store, again, { version: versions.again, cameLately: false })
  for (const { outdated } of assembled) await deleteRuns(store, outdated, versions.again)
  const isAlone = async () => {
    othersSettle ||= (await memory?.refresh(store)) ?? true
    return !othersSettle
  }
  await countMinutes(store, { ...versions, firstRuns: first.length }, isAlone)
  await announcePass(store, settler, { version, isDone: true })
  const facts = projects.flatMap((project) => project.facts)
  return {
    due: traces,
    clock,
    runs: [...first, ...again],
    traces: projects.reduce(
      (sum, project) => sum + new Set(project.facts.map(({ traceId }) => traceId)).size,
      0,
    ),
    receivedMs: facts.reduce((newest, { receivedMs }) => Math.max(newest, receivedMs), 0),
    largest: findLarge(traces, facts),
  }
}

async function readProjects(
  store: Store,
  traces: readonly DueTrace[],
  memory: SettledTraces | undefined,
): Promise<ProjectFacts[]> {
  const isNew = ({ traceId, sinceMs }: DueTrace) => sinceMs !== undefined && memory?.has(traceId) === false
  const fresh = traces.filter(isNew)
  const sinceMs = fresh.reduce((least, trace) => Math.min(least, trace.sinceMs!), Number.POSITIVE_INFINITY)
  const lately = await readTraces(store, fresh, sinceMs)
  // A span that began before what is remembered may belong to a trace that was forgotten.
  const forgotten = new Set(
    lately
      .filter(({ startNs }) => beganBefore(startNs, memory?.forgottenUntilMs ?? 0))
      .map((span) => span.traceId),
  )
  const others = traces.filter((trace) => !isNew(trace) || forgotten.has(trace.traceId))
  const facts = [
    ...lately.filter(({ traceId }) => !forgotten.has(traceId)),
    ...(await readTraces(store, others)),
  ]
  const known = new Set(others.map(traceName))
  const projects: ProjectFacts[] = []
  for (const [project, own] of Map.groupBy(facts, (span) => span.project)) {
    const given = new Set(own.map(({ traceId }) => traceId))
    const traceIds = new Set(given)
    await addSharing(store, project, { facts: own, traceIds }, (id) => memory?.has(id) ?? true)
    const seenBefore = [...traceIds].filter(
      (id) => !given.has(id) || known.has(traceName({ project, traceId: id })),
    )
    projects.push({ project, facts: own, seenBefore: new Set(seenBefore) })
  }
  return projects
}

function beganBefore(startNs: bigint, ms: number): boolean {
  return ms > 0 && startNs < BigInt(ms) * 1_000_000n
}

/** The ids by which another pass may ask for these runs and their traces. */
function* idsOf(rows: readonly RunRow[]): Generator<string> {
  for (const { run } of rows) {
    yield* run.traceIds
    if (run.runId !== run.traceId) yield run.runId
  }
}

interface WriteParams {
  readonly version: bigint
  readonly cameLately: boolean
}

/** Run by run of one project, as many at once as their inputs and outputs allow. */
async function writeAll(store: Store, rows: readonly RunRow[], params: WriteParams): Promise<void> {
  const { version, cameLately } = params
  for (const [project, own] of Map.groupBy(rows, (row) => row.project)) {
    for (const some of slices(own, ({ run }) => payloadOf(run.inputOf) + payloadOf(run.outputOf))) {
      const spans = new Map<string, SpanFacts>()
      for (const { run } of some) {
        for (const span of [run.inputOf, run.outputOf])
          if (span && payloadOf(span) > 0) spans.set(payloadKey(span), span)
      }
      const payloads = await readPayloads(store, project, [...spans.values()], { cameLately })
      await writeRuns(store, some, payloads, version)
    }
  }
}

function* slices(rows: readonly RunRow[], sizeOf: (row: RunRow) => number): Generator<RunRow[]> {
  let [slice, size]: [RunRow[], number] = [[], 0]
  for (const row of rows) {
    const bytes = sizeOf(row)
    if (slice.length > 0 && size + bytes > MOST_PAYLOAD) {
      yield slice
      ;[slice, size] = [[], 0]
    }
    slice.push(row)
    size += bytes
  }
  if (slice.length > 0) yield slice
}

function payloadOf(span: SpanFacts | undefined): number {
  return (span as StoredFacts | undefined)?.payloadBytes ?? 0
}

function findLarge(traces: readonly DueTrace[], facts: readonly StoredFacts[]): DueTrace | undefined {
  if (facts.length < LARGE) return undefined
  const counts = new Map<string, number>()
  for (const { traceId } of facts) counts.set(traceId, (counts.get(traceId) ?? 0) + 1)
  const size = ({ traceId }: DueTrace) => counts.get(traceId) ?? 0
  const [first, ...others] = traces
  const largest = others.reduce((best, trace) => (size(trace) > size(best) ? trace : best), first!)
  return size(largest) > LARGE ? largest : undefined
}
