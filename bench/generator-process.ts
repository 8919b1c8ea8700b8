// The load generator of the ingest benchmarks: prepares the plan that it is sent, runs it when told to, and reports.
import { type AckedSample, Load, type LoadPlan } from './ingest/load.ts'

/** What the generator is told. */
export type ToGenerator = { readonly prepare: LoadPlan } | 'run'

/** Acks of a part of a load. */
export interface AckReport {
  /** That it took. */
  readonly seconds: number
  readonly requests: number
  readonly retries: number
  /** Ascending. */
  readonly milliseconds: readonly number[]
  /** Microseconds of CPU of the generator. */
  readonly cpu: number
}

/** What the generator says. */
export type FromGenerator =
  | { readonly prepared: true }
  | { readonly sample: AckedSample }
  | { readonly minute: AckReport }
  /** The rest, after the last minute. */
  | { readonly done: AckReport }
  | { readonly failed: string }

const MINUTE_MS = 60_000

let load: Load | undefined
let cpu = process.cpuUsage()
let began = performance.now()

process.on('message', (message: ToGenerator) => {
  if (message === 'run') {
    void run().catch((error: Error) => say({ failed: error.message }))
    return
  }
  load = new Load(message.prepare, (sample) => say({ sample }))
  say({ prepared: true })
})
process.on('disconnect', () => process.exit())

async function run(): Promise<void> {
  if (load === undefined) throw new Error('nothing was prepared')
  const running = load
  cpu = process.cpuUsage()
  began = performance.now()
  const minutes = setInterval(() => say({ minute: report(running) }), MINUTE_MS)
  await running.run()
  clearInterval(minutes)
  say({ done: report(running) })
}

function report(running: Load): AckReport {
  const used = process.cpuUsage(cpu)
  cpu = process.cpuUsage()
  const seconds = (performance.now() - began) / 1000
  began = performance.now()
  const acks = running.takeAcks()
  const milliseconds = acks.milliseconds.sort((a, b) => a - b)
  return { ...acks, seconds, milliseconds, cpu: used.user + used.system }
}

function say(message: FromGenerator): void {
  process.send?.(message)
}
