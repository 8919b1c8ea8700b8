import { getStoreStats } from '@weir/store/pages'
import type { AckReport } from '../generator-process.ts'
import type { Usage } from '../process-usage.ts'
import { count, markdown, megabytes, PROCESSES } from './describe.ts'
import { Generator } from './generator.ts'
import { LagSampler } from './lag.ts'
import type { LoadPlan } from './load.ts'
import { quantile, watchRss } from './measure.ts'
import { cpuOf, type System } from './system.ts'

/** Seconds of a last row that is no minute. */
const SHORT = 55

/** What one minute of a steady load was like. */
interface Minute {
  readonly acks: AckReport
  /** Seconds of CPU, of all processes and of each. */
  readonly cpu: number
  readonly rss: ReadonlyMap<string, number>
  readonly queryable: readonly number[]
  readonly settled: readonly number[]
  readonly logBytes: number
  readonly parts: number
  readonly unsettled: number
}

/** Offers a load at a fixed rate and describes every minute of it, so that growth would be seen. */
export async function runSteady(system: System, plan: LoadPlan): Promise<string> {
  const generator = new Generator()
  try {
    await generator.prepare(plan)
    const before = await system.untilQuiet()
    const minutes = new Minutes(system)
    const rest = await generator.run({
      sample: (sample) => minutes.lags.add(sample),
      minute: (acks) => minutes.add(acks, plan.batch),
    })
    const loaded = system.usage()
    minutes.add(rest, plan.batch)
    await minutes.finish()
    // Printed at once: what was measured is not lost where the rest takes too long.
    console.log(minutes.table(plan.batch))
    const after = await system.untilQuiet()
    await minutes.lags.finish()
    const spans = minutes.requests * plan.batch
    await system.verify(spans, minutes.retries)
    return `\n${totals({ plan, spans, seconds: minutes.seconds, before, loaded, after })}`
  } finally {
    generator.close()
  }
}

class Minutes {
  readonly lags: LagSampler
  readonly #system: System
  readonly #rows: Minute[] = []
  readonly #peaks: ReturnType<typeof watchRss>
  #usage: ReadonlyMap<string, Usage>
  #adding: Promise<void> = Promise.resolve()

  constructor(system: System) {
    this.#system = system
    this.lags = new LagSampler(system.store)
    this.#peaks = watchRss(system)
    this.#usage = system.usage()
  }

  get requests(): number {
    return this.#rows.reduce((sum, { acks }) => sum + acks.requests, 0)
  }

  get seconds(): number {
    return this.#rows.reduce((sum, { acks }) => sum + acks.seconds, 0)
  }

  get retries(): number {
    return this.#rows.reduce((sum, { acks }) => sum + acks.retries, 0)
  }

  add(acks: AckReport, batch: number): void {
    this.#adding = this.#adding.then(() => this.#add(acks, batch))
    this.#adding.catch(() => undefined)
  }

  /** Waits for the last row. */
  async finish(): Promise<void> {
    await this.#adding
    this.#peaks.stop()
  }

  async #add(acks: AckReport, batch: number): Promise<void> {
    const usage = this.#system.usage()
    const cpu = cpuOf(usage) - cpuOf(this.#usage)
    this.#usage = usage
    const rss = this.#peaks.take()
    const logBytes = this.#system.logBytes()
    const { unsettledTraces: unsettled } = await getStoreStats(this.#system.store)
    const parts = await this.#system.parts()
    this.#rows.push({ acks, cpu, rss, ...this.lags.take(), logBytes, parts, unsettled })
    console.error(`ingest-steady: ${Math.round(this.seconds)} s, ${count(this.requests * batch)} spans acked`)
  }

  table(batch: number): string {
    const head = [
      'minute',
      'spans/s',
      'sent again',
      'ack p50',
      'p99',
      'CPU/span',
      'queryable p99',
      'run settled p99',
    ]
    const names = [...PROCESSES, 'dashboard', 'valkey', 'supervisor']
    return markdown(
      [...head, 'log', 'parts', 'unsettled traces', ...names.map((name) => `${name} RSS`)],
      this.#rows.map((row, index) => [
        row.acks.seconds < SHORT ? `(${row.acks.seconds.toFixed(1)} s)` : String(index + 1),
        count((row.acks.requests * batch) / row.acks.seconds),
        count(row.acks.retries),
        ...[0.5, 0.99].map((q) => `${quantile(row.acks.milliseconds, q).toFixed(1)} ms`),
        `${((row.cpu * 1e6) / (row.acks.requests * batch)).toFixed(2)} us`,
        ...[row.queryable, row.settled].map(formatLag),
        megabytes(row.logBytes),
        count(row.parts),
        count(row.unsettled),
        ...names.map((name) => megabytes(row.rss.get(name) ?? 0)),
      ]),
    )
  }
}

function formatLag(milliseconds: readonly number[]): string {
  return milliseconds.length === 0 ? '-' : `${(quantile(milliseconds, 0.99) / 1000).toFixed(1)} s`
}

interface Totals {
  readonly plan: LoadPlan
  readonly spans: number
  readonly seconds: number
  readonly before: ReadonlyMap<string, Usage>
  /** When the last ack came, and when everything was settled and merged. */
  readonly loaded: ReadonlyMap<string, Usage>
  readonly after: ReadonlyMap<string, Usage>
}

function totals({ plan, spans, seconds, before, loaded, after }: Totals): string {
  const perSpan = (usage: ReadonlyMap<string, Usage>, names?: Iterable<string>) =>
    (((cpuOf(usage, names) - cpuOf(before, names)) * 1e6) / spans).toFixed(2)
  const each = [...after.keys()].map((name) => `${name} ${perSpan(after, [name])}`).join(', ')
  return [
    `Offered ${count(plan.spansPerSecond ?? Number.NaN)} spans/s of ${plan.encoding} in requests of ${plan.batch} on ${plan.connections} connections;`,
    `${count(spans)} spans were acked in ${seconds.toFixed(1)} s (${count(spans / seconds)} spans/s), stored once each, settled, and the ledger balances.`,
    `CPU per span: ${perSpan(loaded)} us while they came, ${perSpan(after)} us until all was merged: ${each}.`,
  ].join('\n')
}
