import { setTimeout as sleep } from 'node:timers/promises'
import { flow, newRunId } from '@weir/sdk'
import type { Case } from '@weir/store/evaluations'
import { z } from 'zod'
import { messageOf } from '../errors.ts'
import { type Evaluation, taskOf } from '../evaluation/definition.ts'
import { TimeLimitError, withTimeLimit } from '../time-limit.ts'
import { guarded, StrayError } from './stray-errors.ts'

/** How a trial's task ended, as the process that ran it saw it. */
export const trialRun = z.object({
  caseId: z.string(),
  trial: z.int().min(0),
  /** '' if the process crashed. */
  runId: z.string(),
  durationMs: z.number(),
  /** Absent if the task succeeded. `crashed`: it ended its process, or threw where nobody could catch it. */
  error: z.object({ reason: z.enum(['thrown', 'timeout', 'crashed']), message: z.string() }).optional(),
})

export type TrialRun = z.infer<typeof trialRun>

/** A trial's place in its experiment. */
export interface TrialSubject {
  readonly experimentId: string
  readonly variant: string
  readonly item: Case
  readonly trial: number
}

/** How long a task may take to notice that it was told to stop. */
const ABORT_MS = 500

/**
 * Runs the task once on a case. What the task throws is a result, never an exception. Every execution is a separate run,
 * so that what a crashed one left behind never mixes with the next.
 * @param onLate told what the task throws outside of its promise once the trial has ended
 * @returns `isRunning`: the task goes on although its time is up
 */
export async function runTrial(
  evaluation: Evaluation,
  subject: TrialSubject,
  onLate?: (runId: string, message: string) => void,
): Promise<{ run: TrialRun; isRunning: boolean }> {
  const { experimentId, item, trial } = subject
  const runId = newRunId()
  const options = { id: runId, experiment: { id: experimentId, caseId: item.id, trial } }
  const abort = new AbortController()
  const startedMs = performance.now()
  const settled = Promise.withResolvers<false>()
  const work = async (): Promise<void> => {
    try {
      await readToEnd(await toFlow(evaluation, subject.variant, abort.signal)(item.input, options))
    } finally {
      settled.resolve(false)
    }
  }
  const timeUp = () =>
    new TimeLimitError(`The case took longer than its timeout of ${evaluation.timeoutMs} ms.`)
  const guardedWork = () => guarded(work, (message) => onLate?.(runId, message))
  const error = await withTimeLimit(guardedWork, evaluation.timeoutMs, timeUp).then(
    () => undefined,
    (thrown: unknown) => ({ reason: reasonOf(thrown), message: messageOf(thrown) }),
  )
  const durationMs = performance.now() - startedMs
  const run = { caseId: item.id, trial, runId, durationMs, error }
  if (error === undefined || error.reason === 'thrown') return { run, isRunning: false }
  abort.abort(new Error(error.message))
  return { run, isRunning: await Promise.race([settled.promise, sleep(ABORT_MS, true)]) }
}

/** A run whose output is a stream goes on until somebody has read it. */
async function readToEnd(output: unknown): Promise<void> {
  const isStream =
    typeof output === 'object' &&
    output !== null &&
    (Symbol.asyncIterator in output || Object.prototype.toString.call(output) === '[object Generator]')
  if (!isStream) return
  for await (const _ of output as AsyncIterable<unknown>);
}

function reasonOf(thrown: unknown): NonNullable<TrialRun['error']>['reason'] {
  if (thrown instanceof TimeLimitError) return 'timeout'
  return thrown instanceof StrayError ? 'crashed' : 'thrown'
}

type RunFlow = (
  input: unknown,
  options: { id: string; experiment: { id: string; caseId: string; trial: number } },
) => Promise<unknown>

/** A flow runs itself; a function is run as a flow with the evaluation's name. */
function toFlow(evaluation: Evaluation, variant: string, signal: AbortSignal): RunFlow {
  const task = taskOf(evaluation, variant)
  if (typeof task !== 'function') return async (input, options) => task.run(input, { ...options, signal })
  const value = evaluation.variants[variant]
  const wrapped = flow<unknown, unknown>(evaluation.name, (input) => task(input, { signal, variant: value }))
  return (input, options) => wrapped.run(input, options)
}
