import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '@weir/store'
import { findExperiment, listResults, upsertExperiment } from '@weir/store/evaluations'
import { FlowProducer, Job, Queue } from 'bullmq'
import { InfrastructureError, UsageError } from '../errors.ts'
import { EXPERIMENT_QUEUE, type ExperimentJob, TRIAL_QUEUE, type TrialJob, trialJobId } from '../queue.ts'
import type { Reporter } from '../reporters/reporter.ts'
import { signJob } from '../signed-job.ts'
import { connectRedis } from '../worker/redis.ts'
import type { Plan } from './plan.ts'
import { type ExperimentReport, toExperiment, toReport } from './report.ts'
import { trialsOf } from './run-trials.ts'
import { WorkerWatch } from './worker-watch.ts'

const POLL_MS = 300
/** Longest silence of the queue before the experiment is given up here; workers go on with it. */
const SILENCE_MS = 120_000

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
  const redis = await connectRedis(redisUrl)
  const queue = new Queue(EXPERIMENT_QUEUE, { connection: redis })
  const trials = new Queue(TRIAL_QUEUE, { connection: redis })
  const producer = new FlowProducer({ connection: redis })
  const countWorkers = () => heard(trials.getWorkersCount())
  for (const emitter of [queue, trials, producer]) (emitter as Queue).on('error', () => {})
  try {
    if ((await countWorkers()) === 0) throw new InfrastructureError(NO_WORKER)
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

/** One job per trial; the experiment's own job begins when all of them have ended, well or not. */
function toFlow(plan: Plan, file: string, key: string): Parameters<FlowProducer['add']>[0] {
  const subject = {
    experimentId: plan.experimentId,
    file,
    directory: process.cwd(),
    evaluation: plan.evaluation.name,
    variant: plan.variant,
  }
  const experiment: ExperimentJob = {
    ...subject,
    cases: plan.cases.map((item) => ({
      ...item,
      tags: [...(item.tags ?? [])],
      metadata: { ...item.metadata },
    })),
    trials: plan.trials,
    dataset: plan.dataset,
    datasetHash: plan.datasetHash,
    ...(plan.baseline === undefined ? {} : { baseline: plan.baseline }),
    ...(plan.baselineExperimentId === undefined ? {} : { baselineExperimentId: plan.baselineExperimentId }),
    revision: plan.revision,
    environment: plan.environment,
    started: plan.started,
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

/** A queue that lost its data gets the experiment again: results replace each other, so none counts twice. */
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
    const state = await heard(queueState(plan.experimentId, queue))
    if (state.done !== done) reporter.onTrial?.(plan, state.done)
    done = state.done
    if (state.name === 'completed') return
    if (state.name === 'failed')
      throw new InfrastructureError(`The worker could not judge it: ${state.problem}`)
    if (state.name === 'unknown') {
      if (++losses > MAX_LOSSES)
        throw new InfrastructureError('The queue lost the experiment again and again.')
      await heard(submit())
    }
    await watch.look()
    await sleep(POLL_MS)
  }
}

async function queueState(
  id: string,
  queue: Queue,
): Promise<{ name: string; done: number; problem: string }> {
  const job = await Job.fromId(queue, id)
  if (job === undefined) return { name: 'unknown', done: 0, problem: '' }
  const [name, counts] = await Promise.all([
    job.getState(),
    job.getDependenciesCount({ processed: true, ignored: true, failed: true }),
  ])
  const { processed = 0, ignored = 0, failed = 0 } = counts
  return { name, done: processed + ignored + failed, problem: job.failedReason ?? '' }
}

/** An answer of the queue, or an error if it stays silent: the connection itself waits for ever. */
async function heard<T>(answer: Promise<T>): Promise<T> {
  const timer = new AbortController()
  const silence = sleep(SILENCE_MS, undefined, { signal: timer.signal, ref: false }).then(() => {
    throw new InfrastructureError(`Redis has not answered for ${SILENCE_MS / 1000} s.`)
  })
  silence.catch(() => {})
  try {
    return await Promise.race([answer, silence])
  } finally {
    timer.abort()
  }
}

/** What the worker wrote is the report. */
async function readReport(plan: Plan, store: Store): Promise<ExperimentReport> {
  const { experimentId } = plan
  const [experiment, results] = await Promise.all([
    findExperiment(store, { experimentId }),
    listResults(store, { experimentId }),
  ])
  if (experiment === undefined || experiment.status === 'running') {
    throw new InfrastructureError(`The worker wrote no result of experiment ${experimentId}.`)
  }
  return toReport(plan, 'queue', results, experiment.gates, experiment.error)
}
