import type { Store } from '@weir/store'
import {
  findSettledRuns,
  insertScores,
  latestMonitorScore,
  type Monitor,
  readClock,
  readMonitors,
  type Score,
  type SettledRunRef,
} from '@weir/store/evaluations'
import { readRunRecords } from '@weir/store/pages'
import type { RunRecord } from '@weir/store/run-model'
import { parseExact } from '@weir/store/text'
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

/** A check of a monitor and its name among the scores. */
interface NamedCheck {
  readonly check: Check
  readonly name: string
}

interface UsableMonitor extends Monitor {
  readonly checks: readonly NamedCheck[]
}

/** What monitors tell of their work. */
export interface MonitorsObserver {
  /** @param setAside how many of the scores could not be stored as they were */
  scored(scores: readonly Score[], setAside: number): void
  /** Monitors that cannot be read. */
  unusable(monitors: number): void
  log(line: string): void
}

/** Judges production runs as they settle. Its place is kept in the scores themselves. */
export class Monitors {
  readonly #store: Store
  readonly #observer: MonitorsObserver
  readonly #unusable: Set<string> = new Set()
  /** Undefined: not known yet. */
  #place: Place | undefined
  /** Where the clock was set back: the place among the runs that settled before, some of which settle again. */
  #ahead: Place | undefined

  constructor(store: Store, observer: MonitorsObserver) {
    this.#store = store
    this.#observer = observer
  }

  /** Judges what settled since the last pass; judging a run again replaces its scores. */
  async judgeSettled(): Promise<void> {
    const usable = this.#usable(await readMonitors(this.#store))
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
  async #judgeFrom(place: Place, monitors: readonly UsableMonitor[], until?: number): Promise<Place> {
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
  #usable(monitors: readonly Monitor[]): UsableMonitor[] {
    const usable: UsableMonitor[] = []
    const unusable = new Map<string, string>()
    for (const monitor of monitors) {
      try {
        usable.push({ ...monitor, checks: checksOf(monitor) })
      } catch (error) {
        unusable.set(monitor.name, messageOf(error))
      }
    }
    for (const [name, problem] of unusable) {
      if (!this.#unusable.has(name)) this.#observer.log(`monitor "${name}": ${problem}`)
      this.#unusable.add(name)
    }
    for (const name of this.#unusable) {
      if (!unusable.has(name)) this.#unusable.delete(name)
    }
    this.#observer.unusable(unusable.size)
    return usable.filter(({ checks }) => checks.length > 0)
  }

  /** After a restart: where the scores end, but no earlier than the oldest monitor. */
  async #startingPoint(monitors: readonly Monitor[]): Promise<number> {
    const oldest = Math.min(...monitors.map(({ created }) => created))
    return Math.max(oldest, (await latestMonitorScore(this.#store)) - LOOK_BACK_MS)
  }

  async #judgeRuns(
    monitors: readonly UsableMonitor[],
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
    const scores: Score[] = []
    for await (const run of readRunRecords(this.#store, { runIds: [...wanted.keys()] }))
      scores.push(...(wanted.get(run.runId) ?? []).flatMap((monitor) => scoreRun(monitor, run)))
    const stored = await insertScores(this.#store, scores)
    const setAside = stored.filter((score, index) => score !== scores[index])
    if (setAside.length > 0)
      this.#observer.log(`monitors: ${setAside.length} of ${scores.length} scores: ${setAside[0]!.reason}`)
    this.#observer.scored(stored, setAside.length)
  }
}

/** What a monitor's checks say of a run. */
function scoreRun(monitor: UsableMonitor, run: RunRecord): Score[] {
  return monitor.checks.map(({ check, name }) => {
    const { outcome, reason } = judge(check, run)
    return {
      runId: run.runId,
      source: 'monitor',
      author: monitor.name,
      name,
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
function checksOf(monitor: Pick<Monitor, 'definition'>): NamedCheck[] {
  const { checks } = definition.parse(parseExact(monitor.definition))
  return parseChecks(checks).map((check) => ({ check, name: describeCheck(check) }))
}
