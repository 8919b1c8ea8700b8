import { takeSpans } from '../local/recorder.ts'
import { readRuns } from '../local/run-reader.ts'
import type { Judgement } from './evaluation-code.ts'
import { type Judges, judgeTrial } from './judge-trial.ts'
import type { TrialRun, TrialSubject } from './run-trial.ts'
import { factsOf, sumUsage, usageOf } from './trial-facts.ts'
import { RecordedRuns } from './trial-records.ts'

interface Subject extends Pick<TrialSubject, 'experimentId' | 'item'> {
  /** Its task is a plain function. */
  readonly isFunction: boolean
}

/**
 * Judges a trial by spans that were recorded in memory. Its scorers run in this process, and so does the recorder then.
 * @param spans of its runs, as OTLP requests in JSON
 */
export async function judgeSpans(
  judges: Judges,
  { experimentId, item, isFunction }: Subject,
  run: TrialRun,
  spans: readonly string[],
): Promise<Judgement> {
  const runs = runsOf(spans)
  const record = runs.trialRecord(run.runId, isFunction)
  const mayLack = run.error !== undefined && run.error.reason !== 'thrown'
  const scorerRuns: string[] = []
  const onScorerRun = (runId: string) => void scorerRuns.push(runId)
  const results = await judgeTrial(judges, experimentId, item, run, record, onScorerRun)
  const scorers = scorerRuns.length === 0 ? [] : runsOf(await takeSpans(scorerRuns)).startedBy(scorerRuns)
  const all = [...runs.startedBy([run.runId]), ...scorers]
  return {
    results,
    facts: record && factsOf(record),
    usage: sumUsage(all.map(usageOf)),
    isRecorded: record !== undefined || mayLack,
  }
}

const read = new WeakMap<readonly string[], RecordedRuns>()

/** Trials whose spans were taken together share them, and what is read of them. */
function runsOf(spans: readonly string[]): RecordedRuns {
  const runs = read.get(spans) ?? new RecordedRuns(readRuns(spans))
  read.set(spans, runs)
  return runs
}
