import { UsageError } from '@weir/config'
import type { Store } from '@weir/store'
import { type Job, UnrecoverableError } from 'bullmq'
import { messageOf } from '../errors.ts'
import { waitUntilQueryable } from '../experiment/availability.ts'
import { type Plan, planOf } from '../experiment/plan.ts'
import { judgeRecorded } from '../experiment/recorded.ts'
import { runWithRetries, trialsOf } from '../experiment/trials.ts'
import {
  type ExperimentJob,
  experimentJob,
  type JobSubject,
  openJob,
  trialJob,
  trialJobId,
} from '../queue.ts'
import type { EvaluationCode, TrialRunner } from '../runner/evaluation-code.ts'
import { loadInChild } from '../runner/in-children.ts'
import { type TrialRun, trialRun } from '../runner/run-trial.ts'
import { RunnerProcesses } from '../runner/runner-processes.ts'
import type { WorkerConfig } from './config.ts'

/** An experiment that this worker runs trials of, or judges. */
interface Experiment {
  readonly code: EvaluationCode
  readonly runner: TrialRunner
}

/** Experiments that are remembered: another worker may judge those whose trials ran here. */
const MOST_EXPERIMENTS = 100

type Config = Pick<WorkerConfig, 'store' | 'endpoint' | 'apiKey' | 'queueKey'>

/** Does the jobs of queued evaluations, in processes of their own. */
export class EvaluationJobs {
  readonly #store: Store
  readonly #config: Config
  readonly #env: NodeJS.ProcessEnv
  readonly #experiments: Map<string, Promise<Experiment>> = new Map()

  constructor(config: Config) {
    const { store, endpoint, apiKey } = config
    this.#store = store
    this.#config = config
    this.#env = {
      ...(endpoint === undefined ? {} : { WEIR_ENDPOINT: endpoint }),
      ...(apiKey === undefined ? {} : { WEIR_API_KEY: apiKey }),
    }
  }

  /**
   * Runs a trial. What its task does is its result. Only a run that could not be recorded fails the job, which BullMQ then tries
   * again, as it does when the worker dies. Each try is a separate run, so nothing is counted twice.
   */
  async runTrial(job: Job): Promise<TrialRun> {
    const data = trialJob.parse(this.#open(job))
    const { code, runner } = await this.#experiment(data)
    const { run, undelivered } = await runWithRetries(code.outline, runner, data.item, data.trial)
    if (undelivered !== undefined)
      throw new Error(`its run could not be delivered to the collector: ${undelivered}`)
    return run
  }

  /** Judges an experiment once every trial has ended, whether it succeeded or not. */
  async judge(job: Job): Promise<unknown> {
    const data = experimentJob.parse(this.#open(job))
    const [values, failures] = await Promise.all([job.getChildrenValues(), job.getIgnoredChildrenFailures()])
    const trials = collectTrials(data, byJobId(values), byJobId(failures))
    const { code, runner } = await this.#experiment(data)
    try {
      const { endpoint, apiKey } = this.#config
      const collector = endpoint === undefined ? undefined : { endpoint, apiKey }
      if (collector !== undefined) await waitUntilQueryable(collector)
      const recorded = { store: this.#store, collector }
      return (await judgeRecorded(toPlan(data, code), 'queue', trials, recorded, runner)).status
    } finally {
      this.#forget(data.experimentId)
    }
  }

  close(): void {
    for (const id of [...this.#experiments.keys()]) this.#forget(id)
  }

  /** A job that may not be run is not tried again. */
  #open(job: Job): unknown {
    try {
      return openJob(this.#config.queueKey, job.queueName, job.id ?? '', job.data)
    } catch (error) {
      throw new UnrecoverableError((error as Error).message)
    }
  }

  #experiment(subject: JobSubject): Promise<Experiment> {
    const { experimentId } = subject
    const known = this.#experiments.get(experimentId)
    if (known !== undefined) return known
    const loading = this.#load(subject)
    this.#experiments.set(experimentId, loading)
    loading.catch(() => this.#experiments.delete(experimentId))
    const [oldest] = this.#experiments.keys()
    if (oldest !== undefined && this.#experiments.size > MOST_EXPERIMENTS) this.#forget(oldest)
    return loading
  }

  async #load({ experimentId, file, directory, evaluation, variant }: JobSubject): Promise<Experiment> {
    const options = { directory, recording: 'collector', env: this.#env, keepLoaded: true } as const
    const codes = await loadInChild(file, new RunnerProcesses(options))
    const code = codes.find(({ outline }) => outline.name === evaluation)
    if (code === undefined) throw new UsageError(`${file} has no evaluation "${evaluation}" any more.`)
    return { code, runner: code.start(experimentId, variant) }
  }

  #forget(experimentId: string): void {
    this.#experiments.get(experimentId)?.then(
      ({ runner }) => runner.close(),
      () => {},
    )
    this.#experiments.delete(experimentId)
  }
}

function toPlan(job: ExperimentJob, { outline }: EvaluationCode): Plan {
  const { file, evaluation, cases, dataset, datasetHash, ...rest } = job
  const variant = outline.variants.find(({ name }) => name === job.variant)
  if (variant === undefined) throw new UsageError(`"${evaluation}" has no variant "${job.variant}" any more.`)
  const { trials, baseline, baselineExperimentId, revision, environment, startedMs, leftOut } = rest
  return {
    ...planOf(outline, file, variant, { cases, dataset, hash: datasetHash }),
    experimentId: job.experimentId,
    ...{ trials, baseline, baselineExperimentId, revision, environment, startedMs, leftOut },
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
