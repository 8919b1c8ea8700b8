import type { RunRecord, StepRecord } from '@weir/store'
import { type Plan, taskOf } from './plan.ts'

/**
 * The records to judge trials by, by run id. A flow is judged by its own run. A plain function is judged by its run
 * with those of the flows that it ran: it is only the way to call them, whatever framework they are of.
 */
export function toTrialRecords(plan: Plan, records: readonly RunRecord[]): Map<string, RunRecord> {
  const byId = new Map(records.map((run) => [run.runId, run]))
  if (!judgesNested(plan)) return byId
  const traces = Map.groupBy(records, ({ traceId }) => traceId)
  return new Map(records.map((run) => [run.runId, withNested(run, traces.get(run.traceId) ?? [])]))
}

/** The runs that a trial's run started are judged with it. */
export function judgesNested({ evaluation, variant }: Plan): boolean {
  return typeof taskOf(evaluation, variant) === 'function'
}

/** A run with the steps and usage of the other runs of its trace. */
function withNested(run: RunRecord, trace: readonly RunRecord[]): RunRecord {
  const nested = trace.filter((other) => other !== run)
  if (nested.length === 0) return run
  const all = [run, ...nested]
  const sum = (value: (of: RunRecord) => number) => all.reduce((total, of) => total + value(of), 0)
  return {
    ...run,
    incomplete: all.some(({ incomplete }) => incomplete),
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    cost: sum(({ cost }) => cost),
    steps: mergeSteps(run, all),
  }
}

/** By start, counted per name over all runs; a step is enclosed by the one of its own run. */
function mergeSteps(run: RunRecord, all: readonly RunRecord[]): StepRecord[] {
  const placed = all.flatMap((of) =>
    of.steps.map((step) => ({
      step,
      enclosing: of.steps[step.parent],
      startNs: Number(of.startUnixNano - run.startUnixNano) + step.startNs,
    })),
  )
  placed.sort((a, b) => a.startNs - b.startNs)
  const index = new Map(placed.map(({ step }, position) => [step, position]))
  const seen = new Map<string, number>()
  return placed.map(({ step, enclosing, startNs }) => {
    const occurrence = seen.get(step.name) ?? 0
    seen.set(step.name, occurrence + 1)
    const parent = enclosing === undefined ? -1 : (index.get(enclosing) ?? -1)
    return { ...step, occurrence, startNs, parent }
  })
}
