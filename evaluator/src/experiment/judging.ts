import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '@weir/store'
import {
  type Case,
  findExperimentTraces,
  findRunsOfTraces,
  insertResults,
  type Result,
} from '@weir/store/evaluations'
import { getRunRecords } from '@weir/store/pages'
import type { RunRecord } from '@weir/store/run-model'
import { settleTraces } from '@weir/store/settle'
import { needsDetails } from '../checks/judge.ts'
import type { TrialRunner } from '../runner/evaluation-code.ts'
import type { TrialRun } from '../runner/run-trial.ts'
import { scorersOf } from '../runner/scorer-run.ts'
import { factsOf, type ReportUsage, type TrialFacts } from '../runner/trial-facts.ts'
import { RecordedRuns } from '../runner/trial-records.ts'
import { retryWhileUnavailable } from './availability.ts'
import type { Plan } from './plan.ts'
import { CLOCK_SLACK_MS, readUsage } from './usage.ts'

/** Trials judged at once: scorers may call a model. */
const CONCURRENCY = 16
/** Runs in memory at once, beside what is kept of those that were judged. */
const READ_TOGETHER = 2_000
/** Longest time without one more run. */
const MAX_IDLE_MS = 5_000
const LOOK_EVERY_MS = 200

interface Waiting {
  readonly trialRun: TrialRun
  /** Since 1970. */
  readonly startedMs: number
}

/** Reads the runs of ended trials back from the store, judges them, and stores the results. Repeating it replaces them. */
export class Judging {
  readonly #plan: Plan
  readonly #store: Store
  readonly #judge: TrialRunner['judge']
  readonly #cases: ReadonlyMap<string, Case>
  readonly #results: Result[]
  readonly #facts: Map<string, TrialFacts> = new Map()
  /** Their trials are judged: they need not be settled again. */
  readonly #judgedTraces: Set<string> = new Set()
  readonly #scorerTraces: Set<string> = new Set()
  #waiting: Waiting[] = []
  #judging: Promise<void> = Promise.resolve()
  #expected = 0
  #missing = 0

  /** @param results of trials that were judged before */
  constructor(plan: Plan, store: Store, judge: TrialRunner['judge'], results: readonly Result[] = []) {
    this.#plan = plan
    this.#store = store
    this.#judge = judge
    this.#cases = new Map(plan.cases.map((item) => [item.id, item]))
    this.#results = [...results]
  }

  get results(): readonly Result[] {
    return this.#results
  }

  /** By run id. */
  get facts(): ReadonlyMap<string, TrialFacts> {
    return this.#facts
  }

  /** Runs that must be in the store, and those that never came, once all are judged. */
  get runs(): { readonly expected: number; readonly missing: number } {
    return { expected: this.#expected, missing: this.#missing }
  }

  /** @param startedMs since 1970 */
  add(trialRun: TrialRun, startedMs: number): void {
    this.#waiting.push({ trialRun, startedMs })
    if (isExpected(trialRun)) this.#expected++
  }

  /** Judges the trials whose runs are there. One call after the other: none is judged twice. */
  judgeArrived(): Promise<void> {
    const judged = this.#judging.catch(() => undefined).then(() => this.#judgeArrived())
    this.#judging = judged
    return judged
  }

  /** Some at a time: their runs are in memory together. */
  async #judgeArrived(): Promise<void> {
    const looked = [...this.#waiting]
    if (looked.length === 0) return
    const sinceMs = startOf(looked)
    await retryWhileUnavailable(() => this.#settle(sinceMs))
    for (let from = 0; from < looked.length; from += READ_TOGETHER) {
      const some = looked.slice(from, from + READ_TOGETHER)
      const records = await this.#read(some, sinceMs)
      const ready = some.filter(
        ({ trialRun }) => !isExpected(trialRun) || isWhole(records.get(trialRun.runId)),
      )
      await this.#judgeAll(ready, records)
    }
  }

  /** Judges all: waits for runs that are on their way; what does not come is an error of its trial. */
  async judgeAll(): Promise<void> {
    let left = -1
    let movedMs = performance.now()
    for (;;) {
      await this.judgeArrived()
      if (this.#waiting.length === 0) return
      if (this.#waiting.length !== left) movedMs = performance.now()
      left = this.#waiting.length
      if (performance.now() - movedMs > MAX_IDLE_MS) break
      await sleep(LOOK_EVERY_MS)
    }
    this.#missing += left
    await this.#judgeAll(this.#waiting, await this.#read(this.#waiting, startOf(this.#waiting)))
  }

  /**
   * What all runs of the experiment used so far, those of its scorers too. It settles these, since nothing else reads them.
   * @param isLast settles also what was settled before, some of which may have come since
   */
  async readUsage(isLast: boolean): Promise<ReportUsage> {
    const { experimentId, startedMs, outline } = this.#plan
    const [scorers, sinceMs] = [scorersOf(experimentId), startedMs - CLOCK_SLACK_MS]
    return retryWhileUnavailable(async () => {
      if (outline.scorers.length > 0) {
        const found = await findExperimentTraces(this.#store, { experimentId: scorers, sinceMs })
        await settleTraces(this.#store, isLast ? found : found.filter((id) => !this.#scorerTraces.has(id)))
        for (const id of found) this.#scorerTraces.add(id)
      }
      return readUsage(this.#plan, this.#store)
    })
  }

  /** Of trials that were judged before. */
  async readFacts(): Promise<void> {
    const runIds = new Set(this.#results.map(({ runId }) => runId))
    for (const id of this.#facts.keys()) runIds.delete(id)
    runIds.delete('')
    if (runIds.size === 0) return
    const records = await retryWhileUnavailable(() => getRunRecords(this.#store, { runIds: [...runIds] }))
    for (const record of records) this.#facts.set(record.runId, factsOf(record))
  }

  async #judgeAll(some: readonly Waiting[], records: ReadonlyMap<string, RunRecord>): Promise<void> {
    const judged: (readonly Result[])[] = new Array(some.length)
    const queue = some.entries()
    const worker = async (): Promise<void> => {
      for (const [index, { trialRun }] of queue) {
        const record = records.get(trialRun.runId)
        judged[index] = await this.#judge(this.#cases.get(trialRun.caseId)!, trialRun, record)
        if (record === undefined) continue
        this.#judgedTraces.add(record.traceId)
        this.#facts.set(record.runId, factsOf(record))
      }
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, worker))
    const stored = await retryWhileUnavailable(() => insertResults(this.#store, judged.flat()))
    for (const result of stored) this.#results.push(result)
    const done = new Set(some)
    this.#waiting = this.#waiting.filter((one) => !done.has(one))
  }

  async #settle(sinceMs: number): Promise<void> {
    const { experimentId } = this.#plan
    const found = await findExperimentTraces(this.#store, { experimentId, sinceMs })
    await settleTraces(
      this.#store,
      found.filter((id) => !this.#judgedTraces.has(id)),
    )
  }

  /** The records by which trials are judged, by run id. */
  async #read(waiting: readonly Waiting[], sinceMs: number): Promise<Map<string, RunRecord>> {
    const { variant, outline } = this.#plan
    // What `expect` and scorers look at, nobody knows.
    const details = outline.hasExpect || outline.scorers.length > 0 || outline.checks.some(needsDetails)
    const runIds = waiting.map(({ trialRun }) => trialRun.runId).filter((id) => id !== '')
    return retryWhileUnavailable(async () => {
      const records = await getRunRecords(this.#store, { runIds, details })
      if (variant.isFunction) await this.#addNested(records, sinceMs, details)
      const runs = new RecordedRuns(records)
      const found = runIds.flatMap((id) => runs.trialRecord(id, variant.isFunction) ?? [])
      return new Map(found.map((run) => [run.runId, run]))
    })
  }

  /** Adds the runs that some started, in their traces or in others, and those that these started. */
  async #addNested(records: RunRecord[], sinceMs: number, details: boolean): Promise<void> {
    const known = new Set(records.map(({ runId }) => runId))
    for (let last: readonly RunRecord[] = records; last.length > 0; ) {
      const traceIds = [...new Set(last.map(({ traceId }) => traceId))]
      const children = last.flatMap((run) => run.children.map(({ runId }) => runId))
      const ids = [...(await findRunsOfTraces(this.#store, { traceIds, sinceMs })), ...children]
      last = await getRunRecords(this.#store, { runIds: ids.filter((id) => !known.has(id)), details })
      for (const run of last) known.add(run.runId)
      records.push(...last)
    }
  }
}

/** Before the first of their runs began, milliseconds since 1970 by any clock. */
function startOf(waiting: readonly Waiting[]): number {
  return waiting.reduce((least, { startedMs }) => Math.min(least, startedMs), Date.now()) - CLOCK_SLACK_MS
}

/** A trial that crashed or ran out of time may have no run. */
function isExpected({ error }: TrialRun): boolean {
  return error === undefined || error.reason === 'thrown'
}

function isWhole(run: RunRecord | undefined): boolean {
  return run !== undefined && !run.incomplete
}
