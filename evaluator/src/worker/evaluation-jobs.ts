import { type Job, UnrecoverableError } from 'bullmq'
import { messageOf } from '../errors.ts'
import { type TrialRun, trialRun, trialsOf } from '../experiment/trials.ts'
import { type ExperimentJob, experimentJob, openJob, trialJob, trialJobId } from '../queue.ts'
import type { RunnerPool } from './runner-pool.ts'

/**
 * Runs a trial. What its task throws is its result. Only a crash, or a run that could not be recorded, fails the job, which
 * BullMQ then tries again. Each try is a separate run, so nothing is counted twice.
 */
export async function runTrialJob(
  job: Job,
  queueKey: string | undefined,
  runners: RunnerPool,
): Promise<TrialRun> {
  const data = trialJob.parse(signedData(job, queueKey))
  const attempt = job.attemptsStarted
  // A second try has its own process: no other trial can end it, and it can end no other.
  const key = attempt === 1 ? data.experimentId : `${data.experimentId} ${job.id}`
  try {
    return trialRun.parse(await runners.ask(key, data.directory, { kind: 'trial', job: data }))
  } finally {
    if (attempt > 1) runners.end(key)
  }
}

/** Judges an experiment once every trial has ended, whether it succeeded or not. */
export async function runExperimentJob(
  job: Job,
  queueKey: string | undefined,
  runners: RunnerPool,
): Promise<unknown> {
  const data = experimentJob.parse(signedData(job, queueKey))
  const [values, failures] = await Promise.all([job.getChildrenValues(), job.getIgnoredChildrenFailures()])
  const trials = collectTrials(data, byJobId(values), byJobId(failures))
  try {
    return await runners.ask(data.experimentId, data.directory, { kind: 'judge', job: data, trials })
  } finally {
    runners.end(data.experimentId)
  }
}

/** A job that may not be run is not tried again. */
function signedData(job: Job, queueKey: string | undefined): unknown {
  try {
    return openJob(queueKey, job.queueName, job.id ?? '', job.data)
  } catch (error) {
    throw new UnrecoverableError((error as Error).message)
  }
}

/** BullMQ names children by their full key, `bull:weir-trials:<id>`. */
function byJobId(children: Readonly<Record<string, unknown>> | undefined): Map<string, unknown> {
  const entries = Object.entries(children ?? {})
  return new Map(entries.map(([key, value]) => [key.slice(key.lastIndexOf(':') + 1), value]))
}

/** One result per planned trial: a trial without a result crashed, and counts. */
function collectTrials(
  job: Pick<ExperimentJob, 'experimentId' | 'cases' | 'trials'>,
  values: ReadonlyMap<string, unknown>,
  failures: ReadonlyMap<string, unknown>,
): TrialRun[] {
  return [...trialsOf(job)].map(({ item, trial }, index) => {
    const id = trialJobId(job.experimentId, index)
    const crashed = (message: string): TrialRun => {
      return { caseId: item.id, trial, runId: '', durationMs: 0, error: { reason: 'crashed', message } }
    }
    const value = values.get(id)
    if (value === undefined)
      return crashed(String(failures.get(id) ?? 'the queue has no result of this trial'))
    try {
      return trialRun.parse(value)
    } catch (error) {
      return crashed(`the result of this trial in the queue cannot be read: ${messageOf(error)}`)
    }
  })
}
