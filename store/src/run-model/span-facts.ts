/** What a span is among the steps of its run, where its kind does not say it all: docs/RUN-MODEL.md, "Steps". */
export const STEP_ROLES = ['', 'chain', 'wrapper', 'inner', 'none'] as const
export type StepRole = (typeof STEP_ROLES)[number]

/** What one span says, of what the run model reads: some columns of `spans`, whether stored or still in memory. */
export interface SpanFacts {
  /** 32 hex digits. */
  readonly traceId: string
  /** 16 hex digits. */
  readonly spanId: string
  /** 16 hex digits; '': none. */
  readonly parentSpanId: string
  /** Whether the parent is in another process; undefined: the client does not say. */
  readonly isParentRemote: boolean | undefined
  /** It answers a request, or takes a message, of another process: its OpenTelemetry kind is SERVER or CONSUMER. */
  readonly isServer: boolean
  readonly name: string
  readonly kind: string
  /** As declared, like the ids of the run and of its parent; '': not said. */
  readonly flow: string
  readonly runId: string
  readonly parentRunId: string
  readonly status: string
  /** Nanoseconds since 1970. */
  readonly startNs: bigint
  /** 0: it has not ended. */
  readonly endNs: bigint
  readonly service: string
  readonly environment: string
  readonly version: string
  readonly sessionId: string
  readonly userId: string
  readonly experimentId: string
  readonly caseId: string
  readonly trial: number
  /** Occurrence as declared; -1: not declared. */
  readonly stepIndex: number
  /** As declared; 0: not declared. */
  readonly stepAttempts: number
  /** Of a flow: executions of steps that its run says it had; 0: none, or nothing said. */
  readonly declaredSteps: number
  readonly stepFallback: boolean
  readonly stepRole: StepRole
  readonly model: string
  readonly provider: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
  readonly reasoningTokens: number
  /** US dollars. */
  readonly cost: number
  /** The cost follows from the tokens by a list of prices: nobody said it. */
  readonly isCostEstimated: boolean
  /** It has tokens, nobody said their cost, and no list has the price of its model. */
  readonly isCostUnknown: boolean
  readonly errorType: string
  readonly errorMessage: string
  readonly metadata: string
  /** Milliseconds since 1970, by the store's clock. */
  readonly receivedMs: number
}
