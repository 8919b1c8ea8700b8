import type { CallRecord, RunRecord, StepRecord } from '@weir/store/run-model'

/** Records of runs, by what leads from one to others. */
export class RecordedRuns {
  readonly #byId: ReadonlyMap<string, RunRecord>
  readonly #byTrace: ReadonlyMap<string, readonly RunRecord[]>

  constructor(records: readonly RunRecord[]) {
    this.#byId = new Map(records.map((run) => [run.runId, run]))
    this.#byTrace = Map.groupBy(records, ({ traceId }) => traceId)
  }

  /**
   * The record by which a trial is judged. A flow is judged by its own run. A plain function is judged by its run together with those
   * of the flows that it ran: it only calls them, whatever framework they belong to.
   */
  trialRecord(runId: string, isFunction: boolean): RunRecord | undefined {
    const run = this.#byId.get(runId)
    return run !== undefined && isFunction ? withNested(run, this.startedBy([runId])) : run
  }

  /** These runs and those that they started, which may be in traces of their own: Genkit begins one with each flow. */
  startedBy(runIds: readonly string[]): RunRecord[] {
    const found = new Set(runIds.flatMap((id) => this.#byId.get(id) ?? []))
    for (const { traceId, children } of found) {
      for (const run of this.#byTrace.get(traceId)!) found.add(run)
      for (const { runId } of children) {
        const child = this.#byId.get(runId)
        if (child !== undefined) found.add(child)
      }
    }
    return [...found]
  }
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
