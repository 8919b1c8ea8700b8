import type { AckReport } from '../generator-process.ts'
import type { Generator } from './generator.ts'
import { LagSampler, type Lags } from './lag.ts'
import type { LoadPlan } from './load.ts'
import { cpuOf, type System } from './system.ts'

/** What a load took; CPU is microseconds per span, until all of it was stored, settled and merged. */
export interface Measured {
  readonly plan: LoadPlan
  readonly spans: number
  readonly spansPerSecond: number
  readonly cpu: ReadonlyMap<string, number>
  readonly cpuOfAll: number
  /** The part of it that the same processes take in the same time when nothing comes. */
  readonly cpuOfIdle: number
  readonly generatorCpu: number
  readonly acks: AckReport
  readonly lags: Lags
  /** Largest resident bytes of each process while the load went on. */
  readonly rss: ReadonlyMap<string, number>
}

const RSS_EVERY_MS = 250

export interface Before {
  /** Spans of earlier loads. */
  readonly acked: number
  /** Cores that the system takes when nothing comes. */
  readonly idle: number
}

/** Sends a load to a system that is quiet, waits for everything that it causes, and checks what came of it. */
export async function measureLoad(
  system: System,
  generator: Generator,
  plan: LoadPlan,
  { acked, idle }: Before,
): Promise<Measured> {
  await generator.prepare(plan)
  const before = system.usage()
  const began = performance.now()
  const lags = new LagSampler(system.store)
  const peaks = watchRss(system)
  const acks = await generator.run({ sample: (sample) => lags.add(sample) })
  const rss = peaks.stop()
  const [after] = await Promise.all([system.untilQuiet(), lags.finish()])
  const seconds = (performance.now() - began) / 1000
  const spans = acks.requests * plan.batch
  await system.verify(acked + spans, acks.retries)
  const perSpan = (seconds: number) => (seconds * 1e6) / spans
  return {
    plan,
    spans,
    spansPerSecond: spans / acks.seconds,
    cpu: new Map([...after].map(([name]) => [name, perSpan(cpuOf(after, [name]) - cpuOf(before, [name]))])),
    cpuOfAll: perSpan(cpuOf(after) - cpuOf(before)),
    cpuOfIdle: perSpan(idle * seconds),
    generatorCpu: acks.cpu / spans,
    acks,
    lags: lags.take(),
    rss,
  }
}

export function watchRss(system: System): { take(): Map<string, number>; stop(): Map<string, number> } {
  let peaks = new Map<string, number>()
  const look = () => {
    for (const [name, { rss }] of system.usage()) peaks.set(name, Math.max(rss, peaks.get(name) ?? 0))
  }
  const timer = setInterval(look, RSS_EVERY_MS)
  const take = () => {
    look()
    const taken = peaks
    peaks = new Map()
    return taken
  }
  return {
    take,
    stop() {
      clearInterval(timer)
      return take()
    },
  }
}

export function quantile(ascending: readonly number[], q: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * q))] ?? Number.NaN
}
