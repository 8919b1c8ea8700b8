import {
  findSettledRuns,
  getRunRecords,
  insertScores,
  latestMonitorScore,
  type Monitor,
  parseExact,
  type RunRecord,
  readClock,
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
/** How far a start looks back behind the last score. */
const LOOK_BACK_MS = 60_000
/** What is further ahead than this was written before the clock was set back. */
const LONGEST_AHEAD_MS = 10_000

/** How far the runs are judged in the order in which they settled. */
interface Place {
  /** Runs that settled until then are judged (milliseconds since 1970). */
  readonly since: number
  /** When the runs of the overlap settled that were judged already. */
  readonly recent: ReadonlyMap<string, number>
}

/** Judges production runs as they settle. Its place is kept in the scores themselves. */
export class Monitors {
  readonly #store: Store
  readonly #onScores: (scores: readonly Score[]) => void
  readonly #log: (line: string) => void
  readonly #refused: Set<string> = new Set()
  /** Undefined: not known yet. */
  #place: Place | undefined
  /** Where the clock was set back: the place among the runs that settled before, some of which settle again. */
  #ahead: Place | undefined

  constructor(store: Store, onScores: (scores: readonly Score[]) => void, log: (line: string) => void) {
    this.#store = store
    this.#onScores = onScores
    this.#log = log
  }

  /** Judges what settled since the last pass; judging a run again replaces its scores. */
  async judgeSettled(): Promise<void> {
    const usable = (await readMonitors(this.#store)).filter((monitor) => this.#isUsable(monitor))
    if (usable.length === 0) {
      this.#place = undefined
      this.#ahead = undefined
      return
    }
    const now = await readClock(this.#store)
    const isAhead = (time: number) => time > now + LONGEST_AHEAD_MS
    const recently = now - LOOK_BACK_MS
    const monitors = usable.map((monitor) => ({
      ...monitor,
      created: isAhead(monitor.created) ? recently : monitor.created,
    }))
    let place = this.#place ?? { since: await this.#startingPoint(usable), recent: new Map() }
    if (isAhead(place.since)) {
      this.#ahead = place
      place = { since: recently, recent: new Map() }
    }
    if (this.#ahead !== undefined && !isAhead(this.#ahead.since)) this.#ahead = undefined
    if (this.#ahead !== undefined) this.#ahead = await this.#judgeFrom(this.#ahead, monitors)
    this.#place = await this.#judgeFrom(place, monitors, now + LONGEST_AHEAD_MS)
  }

  /** Judges what settled from a place on, before `until`; gives the place that it came to. */
  async #judgeFrom(place: Place, monitors: readonly Monitor[], until?: number): Promise<Place> {
    let { since, recent } = place
    for (;;) {
      const settled = await findSettledRuns(this.#store, {
        flows: [...new Set(monitors.map(({ flow }) => flow))],
        since,
        ...(until === undefined ? {} : { until }),
        limit: BATCH,
      })
      await this.#judgeRuns(monitors, settled, recent)
      const last = settled.at(-1)?.settledMs
      if (last === undefined) return { since, recent }
      const all = [...recent, ...settled.map(({ runId, settledMs }) => [runId, settledMs] as const)]
      recent = new Map(all.filter(([, at]) => at >= last - 2 * OVERLAP_MS))
      if (settled.length < BATCH) return { since: Math.max(since, last - OVERLAP_MS), recent }
      since = last + 1
    }
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
    return Math.max(oldest, (await latestMonitorScore(this.#store)) - LOOK_BACK_MS)
  }

  async #judgeRuns(
    monitors: readonly Monitor[],
    settled: readonly SettledRunRef[],
    recent: ReadonlyMap<string, number>,
  ): Promise<void> {
    const due = settled.flatMap((run) => {
      if (recent.get(run.runId) === run.settledMs) return []
      const own = monitors.filter(
        ({ name, flow, sample, created }) =>
          flow === run.flow && created <= run.settledMs && isSampled(name, run.runId, sample),
      )
      return own.length === 0 ? [] : [[run.runId, own] as const]
    })
    if (due.length === 0) return
    const wanted = new Map(due)
    const records = await getRunRecords(this.#store, { runIds: [...wanted.keys()] })
    const scores = records.flatMap((run) =>
      (wanted.get(run.runId) ?? []).flatMap((monitor) => scoreRun(monitor, run)),
    )
    await insertScores(this.#store, scores)
    this.#onScores(scores)
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
  return parseChecks(definition.parse(parseExact(monitor.definition)).checks)
}
