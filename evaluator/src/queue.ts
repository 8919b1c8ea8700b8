import { createHmac, timingSafeEqual } from 'node:crypto'
import { WeirError } from '@weir/config'
import { parseExact, stringifyExact } from '@weir/store/text'
import { z } from 'zod'
import { caseSchema } from './evaluation/cases.ts'

/** BullMQ queues. Names, jobs and signatures only: nothing here connects to anything. */
export const SETTLE_QUEUE = 'weir-settle'
export const RETENTION_QUEUE = 'weir-retention'
export const EXPERIMENT_QUEUE = 'weir-experiments'
export const TRIAL_QUEUE = 'weir-trials'

/** What is evaluated, as any process on the machine finds it. */
const jobSubject = z.object({
  experimentId: z.string(),
  /** Absolute path. */
  file: z.string(),
  /** Where the command ran: relative paths of the code under test start there. */
  directory: z.string(),
  evaluation: z.string(),
  variant: z.string(),
})

/** Runs one trial of a case. */
export const trialJob = jobSubject.extend({ item: caseSchema, trial: z.int().min(0) })

/** Judges an experiment when all its trials are settled: the parent of its {@link trialJob}s. */
export const experimentJob = jobSubject.extend({
  cases: z.array(caseSchema).readonly(),
  trials: z.int().min(1),
  dataset: z.string(),
  datasetHash: z.string(),
  baseline: z.string().optional(),
  baselineExperimentId: z.string().optional(),
  revision: z.string(),
  environment: z.string(),
  startedMs: z.number(),
  leftOut: z.int().min(0),
})

export type JobSubject = z.infer<typeof jobSubject>
export type TrialJob = z.infer<typeof trialJob>
export type ExperimentJob = z.infer<typeof experimentJob>

/** The id of a trial's job: adding it again changes nothing. BullMQ does not allow `:` in it. */
export function trialJobId(experimentId: string, index: number): string {
  return `${experimentId}-${index}`
}

/** A job's data in the queue. */
const signedJob = z.object({
  /** JSON. */
  payload: z.string(),
  /** HMAC-SHA256 (RFC 2104) of queue, job id and payload, in hex. */
  signature: z.string(),
})

/**
 * The worker may not run a job: its signature is missing, or of another key. Without signatures, anyone who can write to the
 * queue could make a worker load any file.
 */
class UnsignedJobError extends WeirError {
  override readonly code = 'UNSIGNED_JOB'
}

/** Signs data for one job of one queue: the signature is valid for no other. */
export function signJob(key: string, queue: string, jobId: string, data: object): z.infer<typeof signedJob> {
  const payload = stringifyExact(data)!
  return { payload, signature: signatureOf(key, queue, jobId, payload).toString('hex') }
}

/**
 * The data of a job that was signed with this key.
 * @throws UnsignedJobError
 */
export function openJob(key: string | undefined, queue: string, jobId: string, data: unknown): unknown {
  if (key === undefined) {
    throw new UnsignedJobError(
      `job ${jobId} was not run: this worker has no key to check its signature. Start it with "weir worker", or set WEIR_QUEUE_KEY`,
    )
  }
  const { data: job } = signedJob.safeParse(data)
  const expected = job && signatureOf(key, queue, jobId, job.payload)
  const actual = Buffer.from(job?.signature ?? '', 'hex')
  if (job && expected && actual.length === expected.length && timingSafeEqual(actual, expected)) {
    return parseExact(job.payload)
  }
  throw new UnsignedJobError(
    `job ${jobId} was not run: it is not signed with this worker's key. Queue it from the same WEIR_HOME, or give both the same WEIR_QUEUE_KEY`,
  )
}

function signatureOf(key: string, queue: string, jobId: string, payload: string): Buffer {
  return createHmac('sha256', key)
    .update(JSON.stringify([queue, jobId, payload]))
    .digest()
}
