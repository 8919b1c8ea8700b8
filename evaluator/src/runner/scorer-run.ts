import { context, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { newRunId } from '@weir/sdk'
import {
  WEIR_CASE_ID,
  WEIR_EXPERIMENT_ID,
  WEIR_FLOW_NAME,
  WEIR_KIND,
  WEIR_RUN_ID,
  WEIR_RUN_STATUS,
  WEIR_TRIAL,
} from '@weir/sdk/semconv'
import { messageOf } from '../errors.ts'

/** The experiment that runs of scorers belong to, so that they are none of the runs that are judged. */
export function scorersOf(experimentId: string): string {
  return `${experimentId}/scorers`
}

interface ScoredTrial {
  readonly experimentId: string
  readonly caseId: string
  readonly trial: number
}

/**
 * Runs a try of a scorer as a run of its own, so that what it asks a model is recorded, and its cost counts. A try that traces nothing
 * leaves no run.
 * @param onRun told the id of the run when it begins: with the first span in it
 */
export async function runScorer<T>(
  name: string,
  { experimentId, caseId, trial }: ScoredTrial,
  score: () => T | PromiseLike<T>,
  onRun: (runId: string) => void,
): Promise<T> {
  const startTime = new Date()
  const { span, begun } = spanOnDemand(() => {
    const runId = newRunId()
    onRun(runId)
    const attributes = {
      [WEIR_KIND]: 'flow',
      [WEIR_FLOW_NAME]: name,
      [WEIR_RUN_ID]: runId,
      [WEIR_EXPERIMENT_ID]: scorersOf(experimentId),
      [WEIR_CASE_ID]: caseId,
      [WEIR_TRIAL]: trial,
    }
    return trace.getTracer('@weir/evaluator').startSpan(name, { root: true, startTime, attributes })
  })
  try {
    const scored = await context.with(trace.setSpan(context.active(), span), async () => score())
    begun()?.setAttribute(WEIR_RUN_STATUS, 'ok')
    return scored
  } catch (error) {
    begun()?.setAttribute(WEIR_RUN_STATUS, 'error')
    begun()?.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) })
    throw error
  } finally {
    begun()?.end()
  }
}

/** A span that is started when somebody asks who it is, as whoever starts a span below it does. */
function spanOnDemand(start: () => Span): { span: Span; begun: () => Span | undefined } {
  let started: Span | undefined
  const begin = (): Span => {
    started ??= start()
    return started
  }
  const span: Span = {
    spanContext: () => begin().spanContext(),
    setAttribute: (key, value) => begin().setAttribute(key, value),
    setAttributes: (attributes) => begin().setAttributes(attributes),
    addEvent: (...args) => begin().addEvent(...args),
    addLink: (link) => begin().addLink(link),
    addLinks: (links) => begin().addLinks(links),
    setStatus: (status) => begin().setStatus(status),
    updateName: (name) => begin().updateName(name),
    recordException: (...args) => begin().recordException(...args),
    isRecording: () => true,
    // It ends with the scorer.
    end: () => {},
  }
  return { span, begun: () => started }
}
