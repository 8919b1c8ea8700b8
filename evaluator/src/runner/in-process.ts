import { resolveCases } from '../evaluation/cases.ts'
import { type Evaluation, taskOf } from '../evaluation/definition.ts'
import { outlineOf } from '../evaluation/outline.ts'
import { takeSpans } from '../local/recorder.ts'
import { delivery } from './delivery.ts'
import type { EvaluationCode, Judgement, TrialEnd } from './evaluation-code.ts'
import { gatherTrials } from './gather-trials.ts'
import { judgeSpans } from './judge-spans.ts'
import { judgeTrial } from './judge-trial.ts'
import { runTrial, type TrialSubject } from './run-trial.ts'

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
        ahead: 0,
        run: async (item, trial, { onTaskEnd } = {}) => {
          const subject = { experimentId, variant, item, trial }
          const onLate = (runId: string, message: string) => void late.set(runId, message)
          const recorded = await runAndRecord(evaluation, subject, recording, { onTaskEnd, onLate })
          const { spans: _spans, ...end } = recorded
          return { ...end, ...(await judgeRecorded(evaluation, subject, recorded)) }
        },
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
export interface RecordedEnd extends Pick<TrialEnd, 'run' | 'undelivered'> {
  /** The task goes on although its time is up. */
  readonly isRunning: boolean
  /** Where runs are recorded in memory: its own, and perhaps others, as OTLP requests in JSON. Trials that end together have the same. */
  readonly spans?: readonly string[]
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
  if (recording === 'memory') return { run, isRunning, spans: await takeSpans([run.runId]) }
  const isMissing = lost > lostBefore || pending > 0
  return { run, isRunning, undelivered: isMissing ? (reason ?? 'no answer') : undefined }
}

/** Whether the next trial may begin before one is judged: its cost need not be known by then, and no more scorers than trials run at once. */
function mayWait({ budget, expect, scorers }: Evaluation): boolean {
  return budget === undefined && expect === undefined && scorers.length === 0
}

/** Judges a trial here if its run was recorded in memory: whoever judges may be recorded, too. */
export async function judgeRecorded(
  evaluation: Evaluation,
  subject: TrialSubject,
  { run, spans }: RecordedEnd,
): Promise<Judgement | undefined> {
  if (spans === undefined) return undefined
  const isFunction = typeof taskOf(evaluation, subject.variant) === 'function'
  return judgeSpans(evaluation, { ...subject, isFunction }, run, spans)
}
