import type { RunRecord } from '@weir/store/run-model'
import { resolveCases } from '../evaluation/cases.ts'
import { type Evaluation, taskOf } from '../evaluation/definition.ts'
import { outlineOf } from '../evaluation/outline.ts'
import { takeRuns } from '../local/recorder.ts'
import { delivery } from './delivery.ts'
import type { EvaluationCode, TrialEnd } from './evaluation-code.ts'
import { gatherTrials } from './gather-trials.ts'
import { judgeTrial } from './judge-trial.ts'
import { runTrial, type TrialRun, type TrialSubject } from './run-trial.ts'
import { factsOf, sumUsage, usageOf } from './trial-facts.ts'
import { RecordedRuns } from './trial-records.ts'

/** Where the runs of this process are recorded. */
export type Recording = 'memory' | 'collector'

/** An evaluation that runs in this process: what its code does to the process ends everything. */
export function inProcess(
  evaluation: Evaluation,
  recording: Recording,
  file: string | undefined,
): EvaluationCode {
  return {
    outline: outlineOf(evaluation),
    file,
    files: file === undefined ? [] : [file],
    cases: (store) => resolveCases(evaluation, file, store),
    start: (experimentId, variant) => {
      const late = new Map<string, string>()
      return {
        run: (item, trial, onTaskEnd) =>
          runAndRecord(evaluation, { experimentId, variant, item, trial }, recording, {
            onTaskEnd,
            onLate: (runId, message) => void late.set(runId, message),
          }),
        judge: (item, trialRun, run) => judgeTrial(evaluation, experimentId, item, trialRun, run),
        deliver: () => delivery.last(),
        late,
        unowned: new Set(),
        close: () => {},
      }
    },
  }
}

/** How a trial ended in the process that ran it. */
export interface RecordedEnd extends TrialEnd {
  /** The task goes on although its time is up. */
  readonly isRunning: boolean
}

interface TrialEvents {
  readonly onTaskEnd?: (() => void) | undefined
  readonly onLate: (runId: string, message: string) => void
}

/** Runs a trial and sees to it that its run is recorded. */
export async function runAndRecord(
  evaluation: Evaluation,
  subject: TrialSubject,
  recording: Recording,
  { onTaskEnd, onLate }: TrialEvents,
): Promise<RecordedEnd> {
  const lostBefore = delivery.missing.lost
  const { run, isRunning } = await runTrial(evaluation, subject, onLate)
  // Nothing new begins in a process in which a task goes on: it ends with the answer.
  const mayNextBegin = !isRunning && (recording === 'collector' || mayWait(evaluation))
  if (mayNextBegin) onTaskEnd?.()
  if (mayNextBegin && recording === 'memory') await gatherTrials()
  const { lost, pending, reason } = await delivery.deliver()
  if (recording === 'memory') return { run, isRunning, ...(await judgeInMemory(evaluation, subject, run)) }
  const isMissing = lost > lostBefore || pending > 0
  return { run, isRunning, undelivered: isMissing ? (reason ?? 'no answer') : undefined }
}

/** Whether the next trial may begin before one is judged: its cost need not be known by then, and no more scorers than trials run at once. */
function mayWait({ budget, expect, scorers }: Evaluation): boolean {
  return budget === undefined && expect === undefined && scorers.length === 0
}

async function judgeInMemory(
  evaluation: Evaluation,
  { experimentId, variant, item }: TrialSubject,
  run: TrialRun,
): Promise<Pick<TrialEnd, 'results' | 'facts' | 'usage' | 'isRecorded'>> {
  const isFunction = typeof taskOf(evaluation, variant) === 'function'
  const runs = runsOf(await takeRuns([run.runId]))
  const record = runs.trialRecord(run.runId, isFunction)
  const mayLack = run.error !== undefined && run.error.reason !== 'thrown'
  const scorerRuns: string[] = []
  const onScorerRun = (runId: string) => void scorerRuns.push(runId)
  const results = await judgeTrial(evaluation, experimentId, item, run, record, onScorerRun)
  const scorers = scorerRuns.length === 0 ? [] : runsOf(await takeRuns(scorerRuns)).startedBy(scorerRuns)
  const all = [...runs.startedBy([run.runId]), ...scorers]
  return {
    results,
    facts: record && factsOf(record),
    usage: sumUsage(all.map(usageOf)),
    isRecorded: record !== undefined || mayLack,
  }
}

const taken = new WeakMap<readonly RunRecord[], RecordedRuns>()

/** Trials whose runs were taken together share one. */
function runsOf(records: readonly RunRecord[]): RecordedRuns {
  const runs = taken.get(records) ?? new RecordedRuns(records)
  taken.set(records, runs)
  return runs
}
