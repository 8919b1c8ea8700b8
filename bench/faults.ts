import { setTimeout as sleep } from 'node:timers/promises'
import { FAULTS, type Fault } from './faults/fault.ts'
import { Load, STORED } from './faults/load.ts'
import { Subject } from './faults/subject.ts'

export const name = 'faults: each in turn under load, and what Weir says and loses'

/** How long a process may be silent here before it is started again: the default is 30 s. */
const LIVENESS_TIMEOUT = '10s'
/** A fault of which nothing is said by then is not said. */
const SAID_MS = 30_000
const BACK_MS = 180_000
const LOAD_MS = 3_000
const MOST_TEXT = 110

interface Outcome {
  readonly fault: string
  readonly status: string
  readonly doctor: string
  readonly back: string
  readonly acknowledged: number
  readonly stored: number
}

/** Does every fault to one installation under load; WEIR_FAULTS is an expression that the names of some match. */
export async function run(): Promise<string> {
  await using subject = await Subject.create({ WEIR_LIVENESS_TIMEOUT: LIVENESS_TIMEOUT })
  const only = new RegExp(process.env.WEIR_FAULTS ?? '')
  const outcomes: Outcome[] = []
  let before = 0
  for (const fault of FAULTS.filter(({ name }) => only.test(name))) {
    console.error(fault.name)
    const outcome = await drill(subject, fault, before)
    console.error(`  ${JSON.stringify(outcome)}`)
    outcomes.push(outcome)
    before += outcome.acknowledged
  }
  return table(outcomes)
}

/** @param before spans that were acknowledged under earlier faults */
async function drill(subject: Subject, fault: Fault, before: number): Promise<Outcome> {
  const load = new Load(subject.collectorUrl)
  await sleep(LOAD_MS)
  const end = await fault.begin(subject)
  const [status, doctor] = await untilSaid(subject, fault)
  const from = performance.now()
  await end?.()
  const isBack = await untilHealthy(subject)
  const seconds = (performance.now() - from) / 1000
  await sleep(LOAD_MS)
  await load.stop()
  await fetch(`${subject.collectorUrl}/flush`, { method: 'POST' })
  const [row] = await subject.query<{ spans: number }>(STORED)
  return {
    fault: fault.name,
    status,
    doctor,
    back: isBack ? `${end === undefined ? 'by itself' : 'when it ended'}, ${seconds.toFixed(0)} s` : 'no',
    acknowledged: load.acknowledged,
    stored: (row?.spans ?? 0) - before,
  }
}

/** What status and doctor say of a fault, as soon as they do. */
async function untilSaid(subject: Subject, fault: Fault): Promise<[status: string, doctor: string]> {
  const deadline = performance.now() + (fault.isQuiet ? 0 : (fault.timeoutMs ?? SAID_MS))
  for (;;) {
    const [{ problems }, doctor] = await Promise.all([subject.status(), subject.doctor()])
    if ((problems.length > 0 && doctor.length > 0) || performance.now() > deadline) {
      return [shortened(problems.map(({ name, found }) => `${name} ${found}`)), shortened(doctor)]
    }
  }
}

async function untilHealthy(subject: Subject): Promise<boolean> {
  const deadline = performance.now() + BACK_MS
  while (performance.now() < deadline) {
    if ((await subject.status()).healthy) return true
  }
  return false
}

function shortened([first, ...more]: readonly string[]): string {
  if (first === undefined) return 'nothing is wrong'
  const text = first.length > MOST_TEXT ? `${first.slice(0, MOST_TEXT)}...` : first
  return more.length === 0 ? text : `${text} (and ${more.length} more)`
}

function table(outcomes: readonly Outcome[]): string {
  const cell = (text: string) =>
    text.replaceAll('|', '\\|').replaceAll(/\/tmp\/weir-faults-\w+\/home/g, '.weir')
  return [
    '| fault | `weir status` says | `weir doctor` says | back | acknowledged | stored |',
    '|---|---|---|---|---|---|',
    ...outcomes.map(
      ({ fault, status, doctor, back, acknowledged, stored }) =>
        `| ${cell(fault)} | ${cell(status)} | ${cell(doctor)} | ${back} | ${acknowledged} | ${stored} |`,
    ),
  ].join('\n')
}
