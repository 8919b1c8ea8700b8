import type { Case, Result } from '@weir/store/evaluations'
import type { RunRecord } from '@weir/store/run-model'
import { messageOf } from '../errors.ts'
import { resolveCases } from '../evaluation/cases.ts'
import type { Outline } from '../evaluation/outline.ts'
import { addMissing, type MissingSpans, NOTHING_MISSING } from './delivery.ts'
import type { EvaluationCode, TrialEnd, TrialLimits, TrialRunner } from './evaluation-code.ts'
import { judgeSpans } from './judge-spans.ts'
import { type Judges, judgeTrial } from './judge-trial.ts'
import {
  type CasesAnswer,
  fromSent,
  type LoadedFile,
  NOT_BEGUN,
  type RunnerTask,
  type SentEnd,
  type SentResult,
} from './messages.ts'
import type { TrialRun } from './run-trial.ts'
import { MAX_LOAD_MS, RunnerEndedError, type RunnerProcess } from './runner-process.ts'
import type { RunnerProcesses } from './runner-processes.ts'

/** How much longer than its own time limit a trial may hold the event loop. */
const GRACE_MS = 10_000
/** Processes that end one after the other, with no trial between them, until no more are started. */
const MOST_CRASHES = 20
/** Tasks are asked for ahead while those that ended last took less than this. */
const FAST_MS = 20
const MOST_AHEAD = 128
/** How much of a slow one is still known after each that follows: after a second, 77 fast ones have to. */
const FORGET = 0.95

/**
 * The evaluations of a file, each to run in processes of their own: a task may exit, block or exhaust its process, and only its
 * own trial is an error.
 * @param processes for this file alone
 * @throws UsageError if the file cannot be loaded
 */
export async function loadInChild(file: string, processes: RunnerProcesses): Promise<EvaluationCode[]> {
  const loader = processes.take()
  const { outlines, files } = (await loader.ask({ kind: 'load', file }, MAX_LOAD_MS)) as LoadedFile
  processes.giveBack(loader)
  return outlines.map((outline) => ({
    outline,
    file,
    files,
    cases: async (store) => {
      const { name } = outline
      const task = { kind: 'cases', file, evaluation: name } as const
      const answer = (await processes.spare().ask(task, MAX_LOAD_MS)) as CasesAnswer
      return 'data' in answer ? answer.data : resolveCases({ name, data: answer.source }, file, store)
    },
    start: (experimentId, variant) => new ChildRunner({ experimentId, variant, outline, file }, processes),
  }))
}

interface ChildSubject {
  readonly experimentId: string
  readonly variant: string
  readonly outline: Outline
  readonly file: string
}

/** Runs trials together in one process; what was in it when it ended runs again, each trial alone. */
class ChildRunner implements TrialRunner {
  readonly #subject: ChildSubject
  readonly #processes: RunnerProcesses
  /** What can judge in this process; undefined: the process with the code has to. */
  readonly #plain: Judges | undefined
  #shared: RunnerProcess | undefined
  /** For trials that run alone, one after the other. */
  #lone: RunnerProcess | undefined
  #lane: Promise<unknown> = Promise.resolve()
  /** A task goes on in them although its time is up: they get nothing new, and end once they are idle. */
  readonly #retired: Set<RunnerProcess> = new Set()
  #missing: MissingSpans = NOTHING_MISSING
  #crashes = 0
  /** Of the last trials. */
  #slowestMs = 1_000
  /** All that was asked of a process ends with one error. */
  #lastCrash: unknown

  constructor(subject: ChildSubject, processes: RunnerProcesses) {
    this.#subject = subject
    this.#processes = processes
    this.#plain = plainJudges(subject.outline)
  }

  get late(): ReadonlyMap<string, string> {
    return this.#processes.late
  }

  get unowned(): ReadonlySet<string> {
    return this.#processes.unowned
  }

  /**
   * Tasks that take next to no time would wait for what travels between the processes. All that was asked of a process that ends runs again,
   * so slow ones are not asked for before they can begin; nor are those that have to wait until others are judged.
   */
  get ahead(): number {
    const { budget, startIntervalMs } = this.#subject.outline
    const mayBegin = this.#plain !== undefined && budget === undefined && startIntervalMs === 0
    return mayBegin && this.#slowestMs < FAST_MS ? MOST_AHEAD : 0
  }

  async run(item: Case, trial: number, { concurrency, onTaskEnd }: TrialLimits = {}): Promise<TrialEnd> {
    const { experimentId, variant, outline, file } = this.#subject
    const subject = { experimentId, variant, item, trial }
    const wantsSpans = this.#processes.recording === 'memory' && this.#plain !== undefined
    const startedMs = performance.now()
    try {
      const task = {
        kind: 'trial',
        file,
        evaluation: outline.name,
        subject,
        wantsSpans,
        concurrency,
      } as const
      const { judgement, spans, ...end } = (await this.#ask(task, onTaskEnd)) as SentEnd
      this.#slowestMs = Math.max(end.run.durationMs, this.#slowestMs * FORGET)
      if (judgement !== undefined) {
        const { sent, ...rest } = judgement
        return { ...end, ...rest, results: fromSent(experimentId, end.run, sent) }
      }
      if (spans === undefined) return end
      const { isFunction } = outline.variants.find(({ name }) => name === variant)!
      return {
        ...end,
        ...(await judgeSpans(this.#plain!, { experimentId, item, isFunction }, end.run, spans)),
      }
    } catch (error) {
      const reason = error instanceof RunnerEndedError ? error.reason : 'crashed'
      const durationMs = performance.now() - startedMs
      const run = {
        caseId: item.id,
        trial,
        runId: '',
        durationMs,
        error: { reason, message: messageOf(error) },
      }
      if (this.#processes.recording === 'collector') return { run }
      return { run, results: await this.judge(item, run, undefined) }
    }
  }

  async judge(item: Case, trialRun: TrialRun, run: RunRecord | undefined): Promise<readonly Result[]> {
    const { experimentId, outline, file } = this.#subject
    if (this.#plain !== undefined) return judgeTrial(this.#plain, experimentId, item, trialRun, run)
    const subject = { file, evaluation: outline.name, experimentId }
    try {
      const sent = (await this.#ask({ kind: 'judge', ...subject, item, trialRun, run })) as SentResult[]
      return fromSent(experimentId, trialRun, sent)
    } catch (error) {
      const message = trialRun.error?.message ?? `Could not be judged: ${messageOf(error)}`
      return [unjudged(experimentId, trialRun, message)]
    }
  }

  async deliver(): Promise<MissingSpans> {
    const processes = [this.#shared, this.#lone, ...this.#retired]
    return (await Promise.all(processes.map((runner) => this.#deliver(runner)))).reduce(
      addMissing,
      this.#missing,
    )
  }

  close(): void {
    if (this.#shared !== undefined) this.#processes.giveBack(this.#shared)
    for (const runner of [this.#lone, ...this.#retired]) runner?.close()
    // Told once: what the next one runs has nothing to do with it.
    this.#processes.unowned.clear()
  }

  /** What a process that has ended had not sent is known by its trials: they run again. */
  async #deliver(runner: RunnerProcess | undefined): Promise<MissingSpans> {
    if (runner === undefined || runner.hasEnded) return NOTHING_MISSING
    const asked = runner.ask({ kind: 'deliver' }, this.#maxSilenceMs) as Promise<MissingSpans>
    return asked.catch(() => NOTHING_MISSING)
  }

  async #ask(task: RunnerTask, onTaskEnd?: () => void): Promise<unknown> {
    if (this.#shared === undefined || this.#shared.hasEnded) this.#shared = this.#start()
    const runner = this.#shared
    try {
      const answer = await this.#askOne(runner, task, onTaskEnd)
      if (answer !== NOT_BEGUN) return answer
      if (this.#shared === runner) this.#retire(runner)
      return this.#ask(task, onTaskEnd)
    } catch (error) {
      if (!(error instanceof RunnerEndedError) || error.wasAlone) throw error
      const retry = this.#lane.then(() => this.#askAlone(task))
      this.#lane = retry.catch(() => {})
      return retry
    }
  }

  #askAlone(task: RunnerTask): Promise<unknown> {
    if (this.#lone === undefined || this.#lone.hasEnded) this.#lone = this.#start()
    return this.#askOne(this.#lone, task)
  }

  async #askOne(runner: RunnerProcess, task: RunnerTask, onTaskEnd?: () => void): Promise<unknown> {
    const answer = await runner.ask(task, this.#maxSilenceMs, onTaskEnd).catch((error: unknown) => {
      if (error instanceof RunnerEndedError && error !== this.#lastCrash) this.#crashes++
      this.#lastCrash = error
      throw error
    })
    this.#crashes = 0
    if (task.kind === 'trial' && (answer as SentEnd).isRunning) this.#retire(runner)
    if (this.#retired.has(runner) && runner.isIdle) await this.#endRetired(runner)
    return answer
  }

  #retire(runner: RunnerProcess): void {
    this.#retired.add(runner)
    if (this.#shared === runner) this.#shared = undefined
    if (this.#lone === runner) this.#lone = undefined
  }

  async #endRetired(runner: RunnerProcess): Promise<void> {
    this.#missing = addMissing(this.#missing, await this.#deliver(runner))
    this.#retired.delete(runner)
    runner.close()
  }

  /** @throws Error if starting more is hopeless */
  #start(): RunnerProcess {
    if (this.#crashes >= MOST_CRASHES)
      throw new Error(`Not run: ${MOST_CRASHES} processes in a row ended without a result.`)
    return this.#processes.take()
  }

  get #maxSilenceMs(): number {
    return this.#subject.outline.timeoutMs + GRACE_MS
  }
}

/** What judges, if none of it is code of the user, which must not run here: no function, and no pattern, which may take for ever. */
function plainJudges(outline: Outline): Judges | undefined {
  const { hasExpect, scorers, checks } = outline
  const isPlain =
    !hasExpect && scorers.length === 0 && !/"(finds|schema)":/.test(JSON.stringify(checks, exact))
  return isPlain ? { ...outline, expect: undefined, scorers: [] } : undefined
}

function exact(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

function unjudged(experimentId: string, trialRun: TrialRun, reason: string): Result {
  return {
    experimentId,
    caseId: trialRun.caseId,
    trial: trialRun.trial,
    kind: 'task',
    name: '',
    outcome: 'error',
    score: 0,
    reason,
    runId: trialRun.runId,
    durationNs: Math.round(trialRun.durationMs * 1e6),
  }
}
