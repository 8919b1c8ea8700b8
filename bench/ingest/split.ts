import type { Generator } from './generator.ts'
import type { LoadPlan } from './load.ts'
import { cpuOf, type System } from './system.ts'

/** Microseconds of CPU per span, by what it is spent on. */
export interface Split {
  readonly spans: number
  readonly collector: number
  /** The engine storing spans, the views of `spans` and merges included. */
  readonly storing: number
  /** Engine and worker settling runs. */
  readonly settling: number
}

/** Sends a load while the worker is stopped, lets it settle everything afterwards, and so tells storing from settling. */
export async function measureSplit(system: System, generator: Generator, plan: LoadPlan): Promise<Split> {
  await generator.prepare(plan)
  const spans = plan.requests * plan.batch
  const perSpan = (seconds: number) => (seconds * 1e6) / spans
  const before = system.usage()
  process.kill(system.pid('worker'), 'SIGSTOP')
  try {
    await generator.run()
    await system.untilStored()
  } finally {
    process.kill(system.pid('worker'), 'SIGCONT')
  }
  const stored = system.usage()
  const settled = await system.untilQuiet()
  const engine = ['clickhouse']
  const settlers = ['clickhouse', 'worker']
  return {
    spans,
    collector: perSpan(cpuOf(settled, ['collector']) - cpuOf(before, ['collector'])),
    storing: perSpan(cpuOf(stored, engine) - cpuOf(before, engine)),
    settling: perSpan(cpuOf(settled, settlers) - cpuOf(stored, settlers)),
  }
}
