import { z } from 'zod'

/** BullMQ queues. Names and jobs only: nothing here connects to anything. */
export const SETTLE_QUEUE = 'weir-settle'
export const EXPERIMENT_QUEUE = 'weir-experiments'
export const TRIAL_QUEUE = 'weir-trials'

/** A case as it travels in a job. */
interface JobCase {
  readonly id: string
  readonly input: unknown
  readonly reference?: unknown
  readonly tags?: readonly string[]
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** What is evaluated, as any process on the machine finds it. */
export interface JobSubject {
  readonly experimentId: string
  /** Absolute path. */
  readonly file: string
  /** Where the command ran: relative paths of the code under test start there. */
  readonly directory: string
  readonly evaluation: string
  readonly variant: string
}

/** Runs one trial of a case. */
export interface TrialJob extends JobSubject {
  readonly item: JobCase
  readonly trial: number
}

/** Judges an experiment when all its trials are settled: the parent of its {@link TrialJob}s. */
export interface ExperimentJob extends JobSubject {
  readonly cases: readonly JobCase[]
  readonly trials: number
  readonly dataset: string
  readonly datasetHash: string
  readonly baseline?: string
  readonly baselineExperimentId?: string
  readonly revision: string
  readonly environment: string
  /** Milliseconds since 1970. */
  readonly started: number
}

/** What a {@link TrialJob} gives. */
export interface TrialJobResult {
  readonly caseId: string
  readonly trial: number
  readonly runId: string
  readonly durationMs: number
  readonly error?: { readonly reason: 'thrown' | 'timeout' | 'crashed'; readonly message: string }
}

const item = z.object({
  id: z.string(),
  input: z.unknown(),
  reference: z.unknown().optional(),
  tags: z.array(z.string()).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
})

const subject = z.object({
  experimentId: z.string(),
  file: z.string(),
  directory: z.string(),
  evaluation: z.string(),
  variant: z.string(),
})

const trialJob = subject.extend({ item, trial: z.int().min(0) })

const experimentJob = subject.extend({
  cases: z.array(item),
  trials: z.int().min(1),
  dataset: z.string(),
  datasetHash: z.string(),
  baseline: z.string().optional(),
  baselineExperimentId: z.string().optional(),
  revision: z.string(),
  environment: z.string(),
  started: z.number(),
})

const trialJobResult = z.object({
  caseId: z.string(),
  trial: z.int().min(0),
  runId: z.string(),
  durationMs: z.number(),
  error: z.object({ reason: z.enum(['thrown', 'timeout', 'crashed']), message: z.string() }).optional(),
})

export function parseTrialJob(data: unknown): TrialJob {
  return trialJob.parse(data) as TrialJob
}

export function parseExperimentJob(data: unknown): ExperimentJob {
  return experimentJob.parse(data) as ExperimentJob
}

export function parseTrialJobResult(value: unknown): TrialJobResult {
  return trialJobResult.parse(value) as TrialJobResult
}

/** The id of a trial's job: adding it again changes nothing. BullMQ does not allow `:` in it. */
export function trialJobId(experimentId: string, index: number): string {
  return `${experimentId}-${index}`
}
