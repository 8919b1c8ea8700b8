import {
  GEN_AI_TOOL_NAME,
  WEIR_FLOW_NAME,
  WEIR_STEP_ATTEMPTS,
  WEIR_STEP_FALLBACK,
  WEIR_STEP_INDEX,
  WEIR_STEP_NAME,
} from '@weir/sdk/semconv'
import type { StepRecord } from '@weir/store'
import { byStart, number, type PlacedSpan, text } from './span-tree.ts'

const GEN_AI_AGENT_NAME = 'gen_ai.agent.name'

/** Spans that are one step execution: one span, or the tries of one that declares nothing. */
interface Execution {
  readonly name: string
  readonly tries: PlacedSpan[]
}

/** The step executions of a run, by start: its steps at any depth, else the children of its root. */
export function toStepRecords(
  members: readonly PlacedSpan[],
  root: PlacedSpan | undefined,
  runStartNs: bigint,
): StepRecord[] {
  const declared = members.filter(({ kind }) => kind === 'step')
  const spans =
    declared.length > 0 || root === undefined ? declared : members.filter(({ parent }) => parent === root)
  const executions = toExecutions([...spans].sort(byStart))
  const seen = new Map<string, number>()
  return executions.map((execution) => {
    const first = execution.tries[0]!
    const last = execution.tries.at(-1)!
    const { attributes } = last.span
    const occurrence = seen.get(execution.name) ?? 0
    seen.set(execution.name, occurrence + 1)
    const index = attributes[WEIR_STEP_INDEX]
    return {
      name: execution.name,
      occurrence: typeof index === 'number' ? index : occurrence,
      kind: last.kind,
      status: last.status,
      startNs: Number(first.startNs - runStartNs),
      durationNs: Number(last.startNs - first.startNs) + last.durationNs,
      attempts: number(attributes[WEIR_STEP_ATTEMPTS]) || execution.tries.length,
      fallback: attributes[WEIR_STEP_FALLBACK] === true,
      parent: enclosing(last, executions),
    }
  })
}

/** Same-named siblings one after the other, the earlier ones failed, are tries of one execution. */
function toExecutions(spans: readonly PlacedSpan[]): Execution[] {
  const executions: Execution[] = []
  for (const span of spans) {
    const name = nameOf(span)
    const before = executions.findLast(
      (other) => other.name === name && other.tries[0]!.parent === span.parent,
    )
    if (before !== undefined && isRetry(before.tries.at(-1)!, span)) before.tries.push(span)
    else executions.push({ name, tries: [span] })
  }
  return executions
}

/** The label: as declared, else the name of the flow, tool or agent, else the span's. */
function nameOf({ kind, span: { attributes, name } }: PlacedSpan): string {
  const byKind = { flow: WEIR_FLOW_NAME, tool: GEN_AI_TOOL_NAME, agent: GEN_AI_AGENT_NAME }[kind]
  return text(attributes[WEIR_STEP_NAME]) || (byKind === undefined ? '' : text(attributes[byKind])) || name
}

function isRetry(before: PlacedSpan, span: PlacedSpan): boolean {
  const undeclared = [before, span].every(
    ({ span: { attributes } }) =>
      attributes[WEIR_STEP_INDEX] === undefined && attributes[WEIR_STEP_ATTEMPTS] === undefined,
  )
  const after = before.startNs + BigInt(Math.round(before.durationNs)) <= span.startNs
  return undeclared && before.status === 'error' && after
}

function enclosing(span: PlacedSpan, executions: readonly Execution[]): number {
  for (let above = span.parent; above !== undefined && above.runId === span.runId; above = above.parent) {
    const index = executions.findIndex(({ tries }) => tries.includes(above))
    if (index !== -1) return index
  }
  return -1
}
