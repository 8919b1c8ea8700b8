import type { Payload } from './payload.ts'
import type { SpanFacts } from './span-facts.ts'

/** Statuses of a run or step, in the order in which a reader looks for them. A fallback that succeeds is `ok` with `fallback` set. */
export const STATUSES = [
  'ok',
  'error',
  'running',
  'suspended',
  'cancelled',
  'expired',
  'replayed',
  'skipped',
] as const
export type Status = (typeof STATUSES)[number]

/** What tokens and money a piece of a run took. Cached input is part of input, reasoning is part of output. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
  readonly reasoningTokens: number
  /** US dollars; a lower bound if there are unpriced tokens. */
  readonly cost: number
  /** Input and output whose cost nobody knows: no client said it, and no list has the price of the model. */
  readonly unpricedTokens: number
}

/** `json`: JSON text; `text`: a string as it is; `unknown`: nobody said which; '': nothing was recorded. */
export type ValueType = 'json' | 'text' | 'unknown' | ''

/** What a step execution or a call took and gave, why it failed, and what it used. Of a step: as its last attempt says. */
export interface Detail extends Payload {
  readonly errorType: string
  readonly errorMessage: string
  /** Of it and everything below it, but for nested runs. */
  readonly usage: Usage
  /** Bytes of its input and output that were left unread, because its run has too many; 0: they were read. */
  readonly unreadBytes: number
}

/** One step execution of a run: (label, occurrence). Its last attempt decided status. */
export interface StepRecord {
  readonly name: string
  /** 0..n within the run, per name. */
  readonly occurrence: number
  readonly kind: string
  readonly status: Status
  /** Nanoseconds from the run's start. */
  readonly startNs: number
  readonly durationNs: number
  /** Nanoseconds by which its times contradict those of its run, or each other: it began before the run, or ended before it began. */
  readonly uncertainNs: number
  /** Tries made, 1..n. */
  readonly attempts: number
  readonly fallback: boolean
  /** Index of the enclosing step execution in {@link RunRecord.steps}, -1 for none. */
  readonly parent: number
  /** Absent: it was not read. */
  readonly detail?: Detail
}

/** A call of a model, tool, agent, retriever or embedder, wherever it is in the run. What wraps a model's call is none. */
export interface CallRecord {
  /** Of a model or embedder: that of the model, else the label. */
  readonly name: string
  readonly kind: string
  readonly status: Status
  /** Nanoseconds from the run's start. */
  readonly startNs: number
  readonly durationNs: number
  /** As {@link StepRecord.uncertainNs}. */
  readonly uncertainNs: number
  /** Index of the step execution around it in {@link RunRecord.steps}, -1 for none. */
  readonly step: number
  /** Absent: it was not read. */
  readonly detail?: Detail
}

/** A kind of call, or `step`, and a name. */
export interface Content {
  readonly kind: string
  readonly name: string
}

/** A run that another one started. Its steps, calls and usage are not those of the one that did. */
export interface ChildRun {
  readonly runId: string
  readonly flow: string
  readonly status: Status
  /** The steps and calls of it and of all runs below it, each name once, by kind and name. */
  readonly contents: readonly Content[]
  /** Of it and of all runs below it, like the rest. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cost: number
  readonly unpricedTokens: number
  /** Its steps, calls and usage are in this record too, as those of the run. */
  readonly isIncluded?: boolean
}

/** A recorded run as checks, scorers and comparisons see it; one row of `runs`. */
export interface RunRecord {
  readonly runId: string
  /** 32 hex digits. */
  readonly traceId: string
  readonly flow: string
  readonly version: string
  readonly environment: string
  readonly source: 'production' | 'experiment'
  readonly status: Status
  /** The root is missing or has not ended. */
  readonly incomplete: boolean
  /** Executions of steps that the run says it had, and that are not recorded: their spans were lost. */
  readonly lostSteps: number
  /** Nanoseconds since 1970. */
  readonly startUnixNano: bigint
  readonly durationNs: number
  readonly experimentId: string
  readonly caseId: string
  readonly trial: number
  /** As recorded; '' with type '' if nothing was. */
  readonly input: string
  readonly output: string
  readonly inputType: ValueType
  readonly outputType: ValueType
  /** Characters before the value was cut; 0: it is whole. */
  readonly inputLength: number
  readonly outputLength: number
  readonly errorType: string
  readonly errorMessage: string
  readonly inputTokens: number
  readonly outputTokens: number
  /** US dollars; a lower bound if there are unpriced tokens. */
  readonly cost: number
  /** As {@link Usage.unpricedTokens}. */
  readonly unpricedTokens: number
  /** Of a run that declares no steps: spans that are neither its root, nor a step, a try or a call. Who looks for a step may mean one. */
  readonly otherSpans: number
  /** Ordered by start. */
  readonly steps: readonly StepRecord[]
  /** Ordered by start. */
  readonly calls: readonly CallRecord[]
  /** Runs that this run started, by start. */
  readonly children: readonly ChildRun[]
}

export interface Step extends StepRecord {
  /** The span of its last attempt. */
  readonly span: SpanFacts
  /** Of it and all below it, but for enclosed steps. */
  readonly usage: Usage
}

export interface Call extends CallRecord {
  readonly span: SpanFacts
}

/** What a run asked of one model of one provider. */
export interface ModelUse extends Usage {
  readonly model: string
  readonly provider: string
  readonly calls: number
  readonly errors: number
  /** Of all calls together. */
  readonly durationNs: number
}

type Values =
  | 'otherSpans'
  | 'input'
  | 'output'
  | 'inputType'
  | 'outputType'
  | 'inputLength'
  | 'outputLength'
  | 'children'

/** A run as its spans make it up. Inputs and outputs can be large: it says whose they are. */
export interface Run extends Omit<RunRecord, Values>, Usage {
  readonly parentRunId: string
  /** The root's first. */
  readonly traceIds: readonly string[]
  /** Spans of its traces belong to other runs. */
  readonly sharesTraces: boolean
  /** Undefined: no root was received. */
  readonly root: SpanFacts | undefined
  /** Whose input and output are those of the run; of a run in several parts: those of the first and of the last. */
  readonly inputOf: SpanFacts | undefined
  readonly outputOf: SpanFacts | undefined
  readonly service: string
  readonly sessionId: string
  readonly userId: string
  readonly metadata: string
  readonly spanCount: number
  readonly errorCount: number
  /** By name and provider. */
  readonly models: readonly ModelUse[]
  readonly steps: readonly Step[]
  readonly calls: readonly Call[]
}
