import { setTimeout as sleep } from 'node:timers/promises'
import { InfrastructureError, UsageError } from '@weir/config'
import type { Store } from '@weir/store'
import { findExperiment, listResults, storeCases, upsertExperiment } from '@weir/store/evaluations'
import { getRunRecords } from '@weir/store/pages'
import { FlowProducer, Job, Queue } from 'bullmq'
import {
  EXPERIMENT_QUEUE,
  type ExperimentJob,
  signJob,
  TRIAL_QUEUE,
  type TrialJob,
  trialJobId,
} from '../queue.ts'
import type { Reporter } from '../reporters/reporter.ts'
import { factsOf } from '../runner/trial-facts.ts'
import { withTimeLimit } from '../time-limit.ts'
import { connectRedis } from '../worker/redis.ts'
import { readBaselineChanges } from './baseline-changes.ts'
import type { Plan } from './plan.ts'
import { type ExperimentReport, toExperiment, toReport, toTrials } from './report.ts'
import { trialsOf } from './trials.ts'
import { readUsage } from './usage.ts'

const POLL_MS = 300
/** Longest time without an answer from the queue before this process gives up; workers go on with the experiment. */
const MAX_SILENCE_MS = 120_000
/** How often the queue may lose its data before this process gives up. */
const MAX_LOSSES = 5

const NO_WORKER = 'No worker is connected to the queue. Start one with `weir up` or `weir worker`.'

interface QueueAccess {
  readonly store: Store
  readonly redisUrl: string
  /** Signs the jobs. */
  readonly queueKey: string
}

/** Hands an experiment to the workers and waits until they have judged it. */
export async function runQueued(
  plan: Plan,
  { store, redisUrl, queueKey }: QueueAccess,
  reporter: Reporter,
): Promise<ExperimentReport> {
  const { file } = plan
  if (file === undefined)
    throw new UsageError('A worker loads the evaluation from its file: --queue needs one.')
  requireNoLimits(plan)
  const redis = await connectRedis(redisUrl)
  const queue = new Queue(EXPERIMENT_QUEUE, { connection: redis })
  const trials = new Queue(TRIAL_QUEUE, { connection: redis })
  const producer = new FlowProducer({ connection: redis })
  const countWorkers = () => answered(trials.getWorkersCount())
  for (const emitter of [queue, trials, producer]) (emitter as Queue).on('error', () => {})
  try {
    if ((await countWorkers()) === 0) throw new InfrastructureError(NO_WORKER)
    await storeCases(store, { ...plan, cases: plan.allCases })
    await upsertExperiment(store, toExperiment(plan))
    reporter.onExperimentStart?.(plan, 'queue')
    const submit = () => producer.add(toFlow(plan, file, queueKey))
    await submit()
    await waitForJudgement(plan, queue, submit, new WorkerWatch(countWorkers), reporter)
    const report = await readReport(plan, store)
    reporter.onExperimentEnd?.(report)
    return report
  } finally {
    await Promise.allSettled([queue.close(), trials.close(), producer.close()])
    redis.disconnect()
  }
}

/** Workers start tasks on their own: nobody paces them, adds up what they cost, or looks at what is judged meanwhile. */
function requireNoLimits({ outline }: Plan): void {
  const { name, startIntervalMs, budget, stopWhen } = outline
  const [limit] = [
    ...(startIntervalMs > 0 ? ['rateLimit'] : []),
    ...(budget === undefined ? [] : ['budget']),
    ...(stopWhen === undefined ? [] : ['stopWhen']),
  ]
  if (limit !== undefined)
    throw new UsageError(`"${name}" has a ${limit}, which workers cannot keep: run it without --queue.`)
}

/** One job per trial. The experiment's own job begins when all of them have ended, whether they succeeded or not. */
function toFlow(plan: Plan, file: string, key: string): Parameters<FlowProducer['add']>[0] {
  const subject = {
    experimentId: plan.experimentId,
    file,
    directory: process.cwd(),
    evaluation: plan.outline.name,
    variant: plan.variant.name,
  }
  const experiment: ExperimentJob = {
    ...subject,
    cases: plan.cases,
    trials: plan.trials,
    dataset: plan.dataset,
    datasetHash: plan.datasetHash,
    baseline: plan.baseline,
    baselineExperimentId: plan.baselineExperimentId,
    revision: plan.revision,
    environment: plan.environment,
    startedMs: plan.startedMs,
    leftOut: plan.leftOut,
  }
  const kept = { removeOnComplete: { age: 86_400 }, removeOnFail: { age: 86_400 } }
  const retried = { attempts: 3, backoff: { type: 'fixed', delay: 1_000 } }
  const children = [...trialsOf(plan)].map(({ item, trial }, index) => {
    const jobId = trialJobId(plan.experimentId, index)
    const data: TrialJob = { ...subject, item, trial }
    return {
      name: 'trial',
      queueName: TRIAL_QUEUE,
      data: signJob(key, TRIAL_QUEUE, jobId, data),
      opts: { ...kept, ...retried, jobId, ignoreDependencyOnFailure: true },
    }
  })
  return {
    name: 'experiment',
    queueName: EXPERIMENT_QUEUE,
    data: signJob(key, EXPERIMENT_QUEUE, plan.experimentId, experiment),
    opts: { ...kept, ...retried, jobId: plan.experimentId },
    children,
  }
}

/** Submits the experiment again if the queue lost its data: results replace each other, so none counts twice. */
async function waitForJudgement(
  plan: Plan,
  queue: Queue,
  submit: () => Promise<unknown>,
  watch: WorkerWatch,
  reporter: Reporter,
): Promise<void> {
  let done = -1
  let losses = 0
  for (;;) {
    const state = await answered(queueState(plan.experimentId, queue))
    if (state.done !== done) reporter.onTrial?.(plan, state.done)
    done = state.done
    if (state.name === 'completed') return
    if (state.name === 'failed')
      throw new InfrastructureError(`The worker could not judge it: ${state.problem}`)
    if (state.name === 'unknown') {
      if (++losses > MAX_LOSSES)
        throw new InfrastructureError('The queue lost the experiment again and again.')
      await answered(submit())
    }
    await watch.check()
    await sleep(POLL_MS)
  }
}

async function queueState(
  id: string,
  queue: Queue,
): Promise<{ name: string; done: number; problem?: string }> {
  const job = await Job.fromId(queue, id)
  if (job === undefined) return { name: 'unknown', done: 0 }
  const [name, counts] = await Promise.all([
    job.getState(),
    job.getDependenciesCount({ processed: true, ignored: true, failed: true }),
  ])
  const { processed = 0, ignored = 0, failed = 0 } = counts
  return { name, done: processed + ignored + failed, problem: job.failedReason }
}

/** The queue's answer, or an error if none comes: the connection itself waits for ever. */
function answered<T>(answer: Promise<T>): Promise<T> {
  const message = `Redis has not answered for ${MAX_SILENCE_MS / 1000} s.`
  return withTimeLimit(
    () => answer,
    MAX_SILENCE_MS,
    () => new InfrastructureError(message),
  )
}

/** Reads the report from what the worker wrote. */
async function readReport(plan: Plan, store: Store): Promise<ExperimentReport> {
  const { experimentId } = plan
  const [experiment, results, records, usage] = await Promise.all([
    findExperiment(store, { experimentId }),
    listResults(store, { experimentId }),
    getRunRecords(store, { experimentId }),
    readUsage(plan, store),
  ])
  if (experiment === undefined || experiment.status === 'running') {
    throw new InfrastructureError(`The worker wrote no result of experiment ${experimentId}.`)
  }
  const facts = new Map(records.map((record) => [record.runId, factsOf(record)]))
  const changes = await readBaselineChanges(plan, toTrials(results), facts, store)
  return toReport(plan, 'queue', results, {
    gates: experiment.gates,
    facts,
    usage,
    changes,
    error: experiment.error,
  })
}

/** Longest time that the queue may be without a worker: one that died is started again within seconds. */
const MAX_WITHOUT_WORKER_MS = 60_000
/** Counting makes Redis list all of its connections. */
const COUNT_EVERY_MS = 5_000

/** Notices that no worker is left on the queue: jobs would wait there for ever. */
export class WorkerWatch {
  readonly #count: () => Promise<number>
  readonly #now: () => number
  #seenMs: number
  #countedMs: number

  constructor(count: () => Promise<number>, now: () => number = () => performance.now()) {
    this.#count = count
    this.#now = now
    this.#seenMs = this.#countedMs = now()
  }

  /** @throws InfrastructureError once no worker has been connected for a minute */
  async check(): Promise<void> {
    if (this.#now() - this.#countedMs < COUNT_EVERY_MS) return
    if ((await this.#count()) > 0) this.#seenMs = this.#now()
    this.#countedMs = this.#now()
    if (this.#countedMs - this.#seenMs < MAX_WITHOUT_WORKER_MS) return
    throw new InfrastructureError(
      `No worker has been connected to the queue for ${MAX_WITHOUT_WORKER_MS / 1000} s. Start one with \`weir up\` or \`weir worker\`: it goes on with the experiment.`,
    )
  }
}
