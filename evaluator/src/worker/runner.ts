import { readVariables } from '@weir/config'
import { flush } from '@weir/sdk'
import { createStore, storeOptionsFromEnv } from '@weir/store'
import { messageOf, UsageError } from '../errors.ts'
import type { Evaluation } from '../evaluation/definition.ts'
import { loadEvalFile } from '../evaluation/load-file.ts'
import { type Plan, planOf } from '../experiment/plan.ts'
import { judgeRecorded } from '../experiment/recorded.ts'
import { initTracing } from '../experiment/run-evaluation.ts'
import { runTrial } from '../experiment/run-trial.ts'
import { untilQueryable } from '../experiment/until-queryable.ts'
import type { ExperimentJob, JobSubject } from '../queue.ts'
import type { RunnerAnswer, RunnerRequest } from './runner-protocol.ts'

// A process of its own for the user's code: it is loaded afresh for every experiment, and what it does to the process
// it does not do to the worker. The worker sends requests; without the worker it ends.
const store = createStore(storeOptionsFromEnv())
const { endpoint = 'http://127.0.0.1:4318', apiKey } = readVariables('worker')
initTracing(endpoint, apiKey)

process.on('disconnect', () => process.exit(0))
process.on('message', (request: RunnerRequest) => {
  answer(request).then(
    (value) => send({ id: request.id, value }),
    (error: unknown) => send({ id: request.id, error: messageOf(error) }),
  )
})

function send(message: RunnerAnswer): void {
  process.send?.(message)
}

async function answer(request: RunnerRequest): Promise<unknown> {
  const evaluation = await load(request.job)
  if (request.kind === 'judge') {
    await untilQueryable({ endpoint, apiKey })
    const report = await judgeRecorded(toPlan(request.job, evaluation), 'queue', request.trials, store)
    return report.status
  }
  const { experimentId, variant, item, trial } = request.job
  const lostBefore = lostSpans
  const run = await runTrial({ experimentId, evaluation, variant }, item, trial)
  const { lost, pending, reason } = await flush({ timeout: '15s' })
  lostSpans += lost
  if (lostSpans > lostBefore || pending > 0)
    throw new Error(`its run could not be delivered to the collector: ${reason ?? 'no answer'}`)
  return run
}

/** Over all trials: the flush of one trial may be told of the lost spans of another that runs beside it. */
let lostSpans = 0

const loaded = new Map<string, Promise<Evaluation[]>>()

async function load({ file, evaluation: name }: JobSubject): Promise<Evaluation> {
  const evaluations = loaded.get(file) ?? loadEvalFile(file)
  loaded.set(file, evaluations)
  const found = (await evaluations).find((evaluation) => evaluation.name === name)
  if (found === undefined) throw new UsageError(`${file} has no evaluation "${name}" any more.`)
  return found
}

function toPlan(job: ExperimentJob, evaluation: Evaluation): Plan {
  const { file, cases, dataset, datasetHash, trials, baseline, baselineExperimentId, revision, environment } =
    job
  return {
    ...planOf(evaluation, file, job.variant, { cases, dataset, hash: datasetHash }),
    experimentId: job.experimentId,
    trials,
    baseline,
    baselineExperimentId,
    revision,
    environment,
    started: job.started,
  }
}
