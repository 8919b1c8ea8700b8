import { readNative } from '../native/read-native.ts'
import { assembleRuns } from './assemble-runs.ts'
import { describeChildren, type NestedRun } from './child-runs.ts'
import { describeDetails, type SpanUsages, sumUsages } from './describe-details.ts'
import { countOtherSpans } from './other-spans.ts'
import { NO_PAYLOAD, type Payload, toPayload } from './payload.ts'
import { factsReader } from './read-facts.ts'
import type { Call, CallRecord, ChildRun, Detail, Run, RunRecord, Step, StepRecord } from './run.ts'
import type { SpanFacts } from './span-facts.ts'

/** A span that has not been stored, as far as its run's record says anything of it. */
export interface RecordedSpan {
  readonly facts: SpanFacts
  readonly payload: Payload
}

/** The spans of a block as the collector writes it. */
export function readSpans(bytes: Buffer): RecordedSpan[] {
  const spans: RecordedSpan[] = []
  for (const block of readNative(bytes)) {
    const read = factsReader(block)
    for (let row = 0; row < block.rows; row++)
      spans.push({ facts: read(row), payload: toPayload((name) => block.columns.get(name)!.at(row)) })
  }
  return spans
}

/** The records of the runs that spans of one project make up, as they are once these are stored and settled. By start. */
export function toRunRecords(spans: readonly RecordedSpan[]): RunRecord[] {
  const payloads = new Map(spans.map(({ facts, payload }) => [facts, payload]))
  // Nothing has expired: the spans have only just come.
  const runs = assembleRuns([...payloads.keys()], 0)
  const usages = sumUsages([...payloads.keys()])
  const childrenOf = describeChildren(runs.filter(({ parentRunId }) => parentRunId !== '').map(toNested))
  return runs.map((run) => toRunRecord(run, payloads, usages, childrenOf.get(run.runId) ?? []))
}

function toRunRecord(
  run: Run,
  payloads: ReadonlyMap<SpanFacts, Payload>,
  usages: SpanUsages,
  children: readonly ChildRun[],
): RunRecord {
  const payloadOf = (facts: SpanFacts | undefined) => (facts && payloads.get(facts)) ?? NO_PAYLOAD
  const { input, inputType, inputLength } = payloadOf(run.inputOf)
  const { output, outputType, outputLength } = payloadOf(run.outputOf)
  const details = describeDetails(run, usages, (span) => ({ payload: payloadOf(span), unreadBytes: 0 }))
  return {
    runId: run.runId,
    traceId: run.traceId,
    flow: run.flow,
    version: run.version,
    environment: run.environment,
    source: run.source,
    status: run.status,
    incomplete: run.incomplete,
    lostSteps: run.lostSteps,
    startUnixNano: run.startUnixNano,
    durationNs: run.durationNs,
    experimentId: run.experimentId,
    caseId: run.caseId,
    trial: run.trial,
    ...{ input, output, inputType, outputType, inputLength, outputLength },
    errorType: run.errorType,
    errorMessage: run.errorMessage,
    inputTokens: run.inputTokens,
    outputTokens: run.outputTokens,
    cost: run.cost,
    unpricedTokens: run.unpricedTokens,
    otherSpans: countOtherSpans(run, run.spanCount, run.root !== undefined),
    steps: run.steps.map((step, at) => toStepRecord(step, details.steps[at]!)),
    calls: run.calls.map((call, at) => toCallRecord(call, details.calls[at]!)),
    children,
  }
}

function toStepRecord({ span: _span, usage: _usage, ...step }: Step, detail: Detail): StepRecord {
  return { ...step, detail }
}

function toCallRecord({ span: _span, ...call }: Call, detail: Detail): CallRecord {
  return { ...call, detail }
}

function toNested(run: Run): NestedRun {
  const { runId, parentRunId, flow, status, inputTokens, outputTokens, cost, unpricedTokens } = run
  const steps = run.steps.map(({ name }) => ({ kind: 'step', name }))
  const calls = run.calls.map(({ kind, name }) => ({ kind, name }))
  const usage = { inputTokens, outputTokens, cost, unpricedTokens }
  return { runId, parentRunId, flow, status, contents: [...steps, ...calls], ...usage }
}
