import { flow, newRunId } from '@weir/sdk'
import type { Case } from '@weir/store/evaluations'
import { messageOf } from '../errors.ts'
import { type Plan, taskOf } from './plan.ts'

/** How a trial's task ended, as seen by the process that ran it. */
export interface TrialRun {
  readonly caseId: string
  readonly trial: number
  /** '' if the process that ran it crashed. */
  readonly runId: string
  readonly durationMs: number
  /** Absent if the task ended well. */
  readonly error?: { readonly reason: 'thrown' | 'timeout' | 'crashed'; readonly message: string }
}

type TrialPlan = Pick<Plan, 'experimentId' | 'evaluation' | 'variant'>

/**
 * Runs the task once on a case. What the task throws is a result, never an exception. Every execution is a run of its
 * own, so that what a crashed one left behind is never mixed into the next.
 */
export async function runTrial(plan: TrialPlan, item: Case, trial: number): Promise<TrialRun> {
  const { experimentId, evaluation } = plan
  const runId = newRunId()
  const abort = new AbortController()
  const started = performance.now()
  const ended = (error?: TrialRun['error']): TrialRun => ({
    caseId: item.id,
    trial,
    runId,
    durationMs: performance.now() - started,
    ...(error === undefined ? {} : { error }),
  })
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<TrialRun>((resolve) => {
    timer = setTimeout(() => {
      const message = `The case took longer than its timeout of ${evaluation.timeoutMs} ms.`
      resolve(ended({ reason: 'timeout', message }))
      abort.abort(new Error(message))
    }, evaluation.timeoutMs)
  })
  const options = { runId, experiment: { id: experimentId, caseId: item.id, trial } }
  const run = toFlow(plan, abort.signal)(item.input, options).then(
    () => ended(),
    (thrown: unknown) => ended({ reason: 'thrown', message: messageOf(thrown) }),
  )
  try {
    return await Promise.race([run, timeout])
  } finally {
    clearTimeout(timer)
  }
}

type RunFlow = (
  input: unknown,
  options: { runId: string; experiment: { id: string; caseId: string; trial: number } },
) => Promise<unknown>

/** A flow runs itself; a function runs as a flow of the evaluation's name. */
function toFlow({ evaluation, variant }: TrialPlan, signal: AbortSignal): RunFlow {
  const task = taskOf(evaluation, variant)
  if (typeof task !== 'function') return async (input, options) => task.run(input, options)
  const value = evaluation.variants[variant]
  const wrapped = flow<unknown, unknown>(evaluation.name, (input) => task(input, { signal, variant: value }))
  return (input, options) => wrapped.run(input, options)
}
