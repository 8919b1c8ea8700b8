import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import {
  DEPLOYMENT_ENVIRONMENT_NAME,
  ERROR_TYPE,
  INPUT_VALUE,
  OUTPUT_VALUE,
  SERVICE_VERSION,
  WEIR_CASE_ID,
  WEIR_EXPERIMENT_ID,
  WEIR_FLOW_NAME,
  WEIR_FLOW_VERSION,
  WEIR_TRIAL,
} from '@weir/sdk/semconv'
import type { RunRecord } from '@weir/store'
import { byStart, number, type PlacedSpan, placeSpans, text } from './span-tree.ts'
import { toStepRecords } from './step-records.ts'

/** The runs that spans of this process make up, as the store would settle them. By start. */
export function toRunRecords(spans: readonly ReadableSpan[]): RunRecord[] {
  const runs = Map.groupBy(placeSpans(spans), ({ runId }) => runId)
  return [...runs]
    .map(([runId, members]) => toRunRecord(runId, members))
    .sort((a, b) => (a.startUnixNano < b.startUnixNano ? -1 : a.startUnixNano > b.startUnixNano ? 1 : 0))
}

function toRunRecord(runId: string, members: readonly PlacedSpan[]): RunRecord {
  const root = findRoot(members)
  const startUnixNano = root?.startNs ?? members[0]!.startNs
  const attributes = root?.span.attributes ?? {}
  const first = members[0]!
  const { traceId } = (root ?? first).span.spanContext()
  const resource = first.span.resource.attributes
  const sum = (value: (span: PlacedSpan) => number) => members.reduce((total, span) => total + value(span), 0)
  return {
    runId,
    traceId,
    flow:
      text(attributes[WEIR_FLOW_NAME]) ||
      text(first.span.attributes[WEIR_FLOW_NAME]) ||
      (root?.span.name ?? ''),
    version: text(attributes[WEIR_FLOW_VERSION]) || text(resource[SERVICE_VERSION]),
    environment: text(resource[DEPLOYMENT_ENVIRONMENT_NAME]),
    source: attributes[WEIR_EXPERIMENT_ID] === undefined ? 'production' : 'experiment',
    status: root?.status ?? 'running',
    incomplete: root === undefined,
    startUnixNano,
    durationNs: root?.durationNs ?? Number(lastEnd(members) - startUnixNano),
    experimentId: text(attributes[WEIR_EXPERIMENT_ID]),
    caseId: text(attributes[WEIR_CASE_ID]),
    trial: number(attributes[WEIR_TRIAL]),
    input: text(attributes[INPUT_VALUE]),
    output: text(attributes[OUTPUT_VALUE]),
    errorType: text(attributes[ERROR_TYPE]),
    errorMessage: root?.span.status.message ?? '',
    inputTokens: sum((span) => span.inputTokens),
    outputTokens: sum((span) => span.outputTokens),
    cost: sum((span) => span.cost),
    steps: toStepRecords(members, root, startUnixNano),
  }
}

/** The flow span that begins the run, else the span without a parent. */
function findRoot(members: readonly PlacedSpan[]): PlacedSpan | undefined {
  const begins = members.filter(({ parent, runId }) => parent?.runId !== runId).sort(byStart)
  const root =
    begins.find(({ kind }) => kind === 'flow') ?? begins.find(({ span }) => !span.parentSpanContext)
  return root
}

function lastEnd(members: readonly PlacedSpan[]): bigint {
  return members.reduce((last, { startNs, durationNs }) => {
    const end = startNs + BigInt(Math.round(durationNs))
    return end > last ? end : last
  }, 0n)
}
