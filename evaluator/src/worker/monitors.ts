import { createHash } from 'node:crypto'
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
import { describeCheck, judge, needsDetails, parseChecks } from '../checks/judge.ts'
import type { Check } from '../checks/table.ts'
import { messageOf } from '../errors.ts'

/** Runs read and judged at once. */
const BATCH = 500
/** Rows of `runs` may appear a little out of the order of `settled`: look back this far, and judge again. */
const OVERLAP_MS = 5_000
/** How far before the last score a start looks back. */
const LOOK_BACK_MS = 60_000
/** A time further ahead was written before the clock was set back. */
const MAX_AHEAD_MS = 10_000

/** How far the runs are judged, in the order in which they settled. */
interface Progress {
  /** Runs that settled before then are judged. Since 1970. */
  readonly sinceMs: number
  /** Runs of the overlap that are judged already, and when they settled. */
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

/** What monitors report of their work. */
export interface MonitorsObserver {
  /** @param setAside - how many of the scores could not be stored as they were */
  scored(scores: readonly Score[], setAside: number): void
  /** Monitors that cannot be read. */
  unusable(monitors: number): void
  log(line: string): void
}

/** Judges production runs as they settle. After a restart, the scores themselves say how far it came. */
export class Monitors {
  readonly #store: Store
  readonly #observer: MonitorsObserver
  readonly #unusable: Set<string> = new Set()
  /** Undefined: not known yet. */
  #progress: Progress | undefined
  /** Once the clock was set back: the progress among the runs that settled before, some of which settle again. */
  #ahead: Progress | undefined

  constructor(store: Store, observer: MonitorsObserver) {
    this.#store = store
    this.#observer = observer
  }

  /** Judges what settled since the last pass; judging a run again replaces its scores. */
  async judgeSettled(): Promise<void> {
    const usable = this.#usable(await readMonitors(this.#store))
    if (usable.length === 0) {
      this.#progress = undefined
      this.#ahead = undefined
      return
    }
    const nowMs = await readClock(this.#store)
    const isAhead = (timeMs: number) => timeMs > nowMs + MAX_AHEAD_MS
    const recentlyMs = nowMs - LOOK_BACK_MS
    const monitors = usable.map((monitor) => ({
      ...monitor,
      createdMs: isAhead(monitor.createdMs) ? recentlyMs : monitor.createdMs,
    }))
    let progress = this.#progress ?? { sinceMs: await this.#startMs(usable), recent: new Map() }
    if (isAhead(progress.sinceMs)) {
      this.#ahead = progress
      progress = { sinceMs: recentlyMs, recent: new Map() }
    }
    if (this.#ahead !== undefined && !isAhead(this.#ahead.sinceMs)) this.#ahead = undefined
    if (this.#ahead !== undefined) this.#ahead = await this.#judgeFrom(this.#ahead, monitors)
    this.#progress = await this.#judgeFrom(progress, monitors, nowMs + MAX_AHEAD_MS)
  }

  /** Judges what settled since, before `untilMs`, and returns how far it came. */
  async #judgeFrom(
    progress: Progress,
    monitors: readonly UsableMonitor[],
    untilMs?: number,
  ): Promise<Progress> {
    let { sinceMs, recent } = progress
    for (;;) {
      const settled = await findSettledRuns(this.#store, {
        flows: [...new Set(monitors.map(({ flow }) => flow))],
        sinceMs,
        untilMs,
        limit: BATCH,
      })
      await this.#judgeRuns(monitors, settled, recent)
      const lastMs = settled.at(-1)?.settledMs
      if (lastMs === undefined) return { sinceMs, recent }
      const all = [...recent, ...settled.map(({ runId, settledMs }) => [runId, settledMs] as const)]
      recent = new Map(all.filter(([, atMs]) => atMs >= lastMs - 2 * OVERLAP_MS))
      if (settled.length < BATCH) return { sinceMs: Math.max(sinceMs, lastMs - OVERLAP_MS), recent }
      sinceMs = lastMs + 1
    }
  }

  /** A monitor that cannot be read, say one of a newer version, must not keep the others from judging. */
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
  async #startMs(monitors: readonly Monitor[]): Promise<number> {
    const oldestMs = Math.min(...monitors.map(({ createdMs }) => createdMs))
    return Math.max(oldestMs, (await latestMonitorScore(this.#store)) - LOOK_BACK_MS)
  }

  async #judgeRuns(
    monitors: readonly UsableMonitor[],
    settled: readonly SettledRunRef[],
    recent: ReadonlyMap<string, number>,
  ): Promise<void> {
    const due = settled.flatMap((run) => {
      if (recent.get(run.runId) === run.settledMs) return []
      const own = monitors.filter(
        ({ name, flow, sample, createdMs }) =>
          flow === run.flow && createdMs <= run.settledMs && isSampled(name, run.runId, sample),
      )
      return own.length === 0 ? [] : [[run.runId, own] as const]
    })
    if (due.length === 0) return
    const wanted = new Map(due)
    const scores: Score[] = []
    // A monitor whose checks need no details must not pay for those of another.
    const isDetailed = ([, own]: (typeof due)[number]) =>
      own.some(({ checks }) => checks.some(({ check }) => needsDetails(check)))
    const idsOf = (some: typeof due) => some.map(([runId]) => runId)
    const plain = { runIds: idsOf(due.filter((one) => !isDetailed(one))) }
    const detailed = { runIds: idsOf(due.filter(isDetailed)), details: true }
    for (const reading of [plain, detailed])
      for await (const run of readRunRecords(this.#store, reading))
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

/** Whether a run is in a monitor's sample (0..1): always the same answer for the same run. */
function isSampled(monitor: string, runId: string, sample: number): boolean {
  if (sample >= 1) return true
  const hash = createHash('sha256').update(`${monitor} ${runId}`).digest()
  return hash.readUInt32BE(0) / 2 ** 32 < sample
}
