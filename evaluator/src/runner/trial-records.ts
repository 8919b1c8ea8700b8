import type { CallRecord, RunRecord, StepRecord } from '@weir/store/run-model'

/**
 * The records by which trials are judged, by run id. A flow is judged by its own run. A plain function is judged by its run
 * together with those of the flows that it ran: it only calls them, whatever framework they belong to.
 */
export function toTrialRecords(records: readonly RunRecord[], isFunction: boolean): Map<string, RunRecord> {
  const byId = new Map(records.map((run) => [run.runId, run]))
  if (!isFunction) return byId
  const traces = Map.groupBy(records, ({ traceId }) => traceId)
  const startedBy = ({ traceId, children }: RunRecord): readonly RunRecord[] => [
    ...traces.get(traceId)!,
    ...children.flatMap(({ runId }) => byId.get(runId) ?? []),
  ]
  return new Map(records.map((run) => [run.runId, withNested(run, reachable(run, startedBy))]))
}

/** Of records, those of these runs and of what they started. */
export function runsOf(records: readonly RunRecord[], runIds: readonly string[]): RunRecord[] {
  const found = new Set(records.filter(({ runId }) => runIds.includes(runId)))
  for (const { traceId, children } of found) {
    for (const next of records)
      if (next.traceId === traceId || children.some(({ runId }) => runId === next.runId)) found.add(next)
  }
  return [...found]
}

/** A run and those that it started, which may be in traces of their own: Genkit begins one with each flow. */
function reachable(run: RunRecord, startedBy: (run: RunRecord) => readonly RunRecord[]): RunRecord[] {
  const found = new Set([run])
  for (const of of found) for (const next of startedBy(of)) found.add(next)
  return [...found]
}

/** A run with the steps, calls, child runs and usage of the others. */
function withNested(run: RunRecord, all: readonly RunRecord[]): RunRecord {
  if (all.length === 1) return run
  const sum = (value: (of: RunRecord) => number) => all.reduce((total, of) => total + value(of), 0)
  const steps = placeAll(run, all, ({ steps }) => steps)
  const included = new Set(all.map(({ runId }) => runId))
  return {
    ...run,
    incomplete: all.some(({ incomplete }) => incomplete),
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    cost: sum(({ cost }) => cost),
    unpricedTokens: sum(({ unpricedTokens }) => unpricedTokens),
    otherSpans: sum(({ otherSpans }) => otherSpans),
    lostSteps: sum(({ lostSteps }) => lostSteps),
    steps: mergeSteps(steps),
    calls: mergeCalls(run, all, steps),
    children: all.flatMap(({ children }) =>
      children.map((child) => ({ ...child, isIncluded: included.has(child.runId) })),
    ),
  }
}

/** A step execution or call among those of all runs. */
interface Placed<T> {
  readonly item: T
  /** The run that it belongs to. */
  readonly of: RunRecord
  /** From the start of the run that is judged. */
  readonly startNs: number
}

function placeAll<T extends { readonly startNs: number }>(
  run: RunRecord,
  all: readonly RunRecord[],
  items: (of: RunRecord) => readonly T[],
): Placed<T>[] {
  return all
    .flatMap((of) => {
      const offset = Number(of.startUnixNano - run.startUnixNano)
      return items(of).map((item) => ({ item, of, startNs: offset + item.startNs }))
    })
    .sort((a, b) => a.startNs - b.startNs)
}

/** By start, counted per name over all runs. What encloses a step is a step of its own run. */
function mergeSteps(placed: readonly Placed<StepRecord>[]): StepRecord[] {
  const indexOf = indexOfSteps(placed)
  const seen = new Map<string, number>()
  return placed.map(({ item, of, startNs }) => {
    const occurrence = seen.get(item.name) ?? 0
    seen.set(item.name, occurrence + 1)
    return { ...item, occurrence, startNs, parent: indexOf(of.steps[item.parent]) }
  })
}

function mergeCalls(
  run: RunRecord,
  all: readonly RunRecord[],
  steps: readonly Placed<StepRecord>[],
): CallRecord[] {
  const indexOf = indexOfSteps(steps)
  return placeAll(run, all, ({ calls }) => calls).map(({ item, of, startNs }) => ({
    ...item,
    startNs,
    step: indexOf(of.steps[item.step]),
  }))
}

/** -1: none. */
function indexOfSteps(placed: readonly Placed<StepRecord>[]): (step: StepRecord | undefined) => number {
  const index = new Map(placed.map(({ item }, position) => [item, position]))
  return (step) => (step === undefined ? -1 : (index.get(step) ?? -1))
}
