import type { Usage } from './run.ts'
import type { SpanFacts } from './span-facts.ts'

/** A span with its place in its trace and in its run. */
export interface PlacedSpan {
  readonly facts: SpanFacts
  /** Undefined: it has none, or it was not received. */
  parent: PlacedSpan | undefined
  children: PlacedSpan[]
  /** How many spans are above it. */
  depth: number
  /** The nearest span at or above it that says its run: by id, or as a flow. */
  anchor: PlacedSpan | undefined
  /** The run that it belongs to. */
  runId: string
  /** Other spans of its trace belong to another run. */
  sharesTrace: boolean
  /** The run above its own; '': none. */
  enclosingRunId: string
  /** Whether a run, or a part of one, begins here: as a flow, or as another span without one. */
  begins: 'flow' | 'span' | undefined
  /** Which measures the spans below it say, as bits: all of them, and those that are not a tool's doing. */
  saidBelow: number
  saidBelowByItself: number
  /** Whether a cost that is counted above it is of its doing too: as bits, said by a model, and said by another span. */
  costAbove: number
  /** What it said of its usage, but for what spans below it said as well. */
  counted: Usage
  /** It is a model's, embedder's or reranker's, and no span of that kind below it is the call itself. */
  isModelCall: boolean
  /** Index of the step execution that it is, or that is around it; -1: none. */
  step: number
}

/** By start; ids decide between equals, so that the order is always the same. */
export function byStart(a: PlacedSpan, b: PlacedSpan): number {
  if (a.facts.startNs !== b.facts.startNs) return a.facts.startNs < b.facts.startNs ? -1 : 1
  return compareText(a.facts.spanId, b.facts.spanId) || compareText(a.facts.traceId, b.facts.traceId)
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
