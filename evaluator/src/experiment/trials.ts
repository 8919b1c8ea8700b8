import { flow, newRunId } from '@weir/sdk'
import type { Case } from '@weir/store/evaluations'
import { z } from 'zod'
import { messageOf } from '../errors.ts'
import { type Plan, taskOf } from './plan.ts'

/** How a trial's task ended, as the process that ran it saw it. */
export const trialRun = z.object({
  caseId: z.string(),
  trial: z.int().min(0),
  /** '' if the process crashed. */
  runId: z.string(),
  durationMs: z.number(),
  /** Absent if the task succeeded. */
  error: z.object({ reason: z.enum(['thrown', 'timeout', 'crashed']), message: z.string() }).optional(),
})

export type TrialRun = z.infer<typeof trialRun>

/** Trials between two flushes, so that the spans that wait to be exported stay bounded. */
const FLUSH_EVERY = 256

/** Runs all trials of a plan, cases within trials, at most `plan.concurrency` at once. */
export async function runTrials(
  plan: Plan,
  flush: () => Promise<void>,
  onTrial: (run: TrialRun, done: number) => void,
): Promise<TrialRun[]> {
  const queue = trialsOf(plan)
  const finished: TrialRun[] = []
  const worker = async (): Promise<void> => {
    for (const { item, trial } of queue) {
      const run = await runTrial(plan, item, trial)
      finished.push(run)
      onTrial(run, finished.length)
      if (finished.length % FLUSH_EVERY === 0) await flush()
    }
  }
  await Promise.all(Array.from({ length: plan.concurrency }, worker))
  await flush()
  return finished
}

/** One iterator that all workers take from. */
export function* trialsOf(plan: Pick<Plan, 'cases' | 'trials'>): Generator<{ item: Case; trial: number }> {
  for (let trial = 0; trial < plan.trials; trial++) {
    for (const item of plan.cases) yield { item, trial }
  }
}

type TrialPlan = Pick<Plan, 'experimentId' | 'evaluation' | 'variant'>

/**
 * Runs the task once on a case. What the task throws is a result, never an exception. Every execution is a separate run,
 * so that what a crashed one left behind never mixes with the next.
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
    error,
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

/** A flow runs itself; a function is run as a flow with the evaluation's name. */
function toFlow({ evaluation, variant }: TrialPlan, signal: AbortSignal): RunFlow {
  const task = taskOf(evaluation, variant)
  if (typeof task !== 'function') return async (input, options) => task.run(input, options)
  const value = evaluation.variants[variant]
  const wrapped = flow<unknown, unknown>(evaluation.name, (input) => task(input, { signal, variant: value }))
  return (input, options) => wrapped.run(input, options)
}
