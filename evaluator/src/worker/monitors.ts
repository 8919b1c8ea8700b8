import {
  findSettledRuns,
  getRunRecords,
  insertScores,
  latestMonitorScore,
  type Monitor,
  type RunRecord,
  readMonitors,
  type Score,
  type SettledRunRef,
  type Store,
} from '@weir/store'
import { z } from 'zod'
import type { Check } from '../checks/check.ts'
import { describeCheck } from '../checks/describe.ts'
import { judge } from '../checks/judge.ts'
import { parseChecks } from '../checks/parse-check.ts'
import { messageOf } from '../errors.ts'
import { isSampled } from './sample.ts'

/** Runs read and judged at once. */
const BATCH = 500
/** Rows of `runs` may appear a little out of the order of their `settled`: look back this far, judging again. */
const OVERLAP_MS = 5_000

/** Judges production runs as they settle. Its place is kept in the scores themselves. */
export class Monitors {
  readonly #store: Store
  readonly #onScores: (scores: readonly Score[]) => void
  readonly #log: (line: string) => void
  readonly #refused: Set<string> = new Set()
  /** Runs that settled until then are judged; undefined: not known yet. */
  #judgedUntil: number | undefined
  /** When the runs of the overlap settled that were judged already. */
  #recent: Map<string, number> = new Map()

  constructor(store: Store, onScores: (scores: readonly Score[]) => void, log: (line: string) => void) {
    this.#store = store
    this.#onScores = onScores
    this.#log = log
  }

  /** Judges what settled since the last pass; judging a run again replaces its scores. Gives the number of runs. */
  async judgeSettled(): Promise<number> {
    const monitors = (await readMonitors(this.#store)).filter((monitor) => this.#isUsable(monitor))
    if (monitors.length === 0) {
      this.#judgedUntil = undefined
      return 0
    }
    let since = this.#judgedUntil ?? (await this.#startingPoint(monitors))
    let judged = 0
    for (;;) {
      const settled = await findSettledRuns(this.#store, {
        flows: [...new Set(monitors.map(({ flow }) => flow))],
        since,
        limit: BATCH,
      })
      judged += await this.#judgeRuns(monitors, settled)
      const last = settled.at(-1)?.settledMs
      if (last === undefined) break
      if (settled.length < BATCH) {
        since = Math.max(since, last - OVERLAP_MS)
        break
      }
      since = last + 1
    }
    this.#judgedUntil = since
    return judged
  }

  /** One that cannot be read, say of a newer version, must not keep the others from judging. */
  #isUsable(monitor: Monitor): boolean {
    try {
      return checksOf(monitor).length > 0
    } catch (error) {
      if (!this.#refused.has(monitor.name)) this.#log(`monitor "${monitor.name}": ${messageOf(error)}`)
      this.#refused.add(monitor.name)
      return false
    }
  }

  /** After a restart: where the scores end, but no earlier than the oldest monitor. */
  async #startingPoint(monitors: readonly Monitor[]): Promise<number> {
    const oldest = Math.min(...monitors.map(({ created }) => created))
    return Math.max(oldest, (await latestMonitorScore(this.#store)) - 60_000)
  }

  #remember(settled: readonly SettledRunRef[]): void {
    for (const { runId, settledMs } of settled) this.#recent.set(runId, settledMs)
    const newest = settled.at(-1)?.settledMs ?? 0
    this.#recent = new Map([...this.#recent].filter(([, at]) => at >= newest - 2 * OVERLAP_MS))
  }

  async #judgeRuns(monitors: readonly Monitor[], settled: readonly SettledRunRef[]): Promise<number> {
    const due = settled.flatMap((run) => {
      if (this.#recent.get(run.runId) === run.settledMs) return []
      const own = monitors.filter(
        ({ name, flow, sample, created }) =>
          flow === run.flow && created <= run.settledMs && isSampled(name, run.runId, sample),
      )
      return own.length === 0 ? [] : [[run.runId, own] as const]
    })
    if (due.length === 0) return 0
    const wanted = new Map(due)
    const records = await getRunRecords(this.#store, { runIds: [...wanted.keys()] })
    const scores = records.flatMap((run) =>
      (wanted.get(run.runId) ?? []).flatMap((monitor) => scoreRun(monitor, run)),
    )
    await insertScores(this.#store, scores)
    this.#onScores(scores)
    this.#remember(settled)
    return records.length
  }
}

/** What a monitor's checks say of a run. */
function scoreRun(monitor: Monitor, run: RunRecord): Score[] {
  return checksOf(monitor).map((check) => {
    const { outcome, reason } = judge(check, run)
    return {
      runId: run.runId,
      source: 'monitor',
      author: monitor.name,
      name: describeCheck(check),
      kind: 'check',
      flow: run.flow,
      runStartUnixNano: run.startUnixNano,
      outcome,
      score: outcome === 'passed' ? 1 : 0,
      reason,
    }
  })
}

const definition = z.object({ checks: z.array(z.unknown()) })

/** The checks of a stored monitor. */
function checksOf(monitor: Pick<Monitor, 'definition'>): Check[] {
  return parseChecks(definition.parse(JSON.parse(monitor.definition)).checks)
}
