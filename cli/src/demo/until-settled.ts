import { setTimeout as sleep } from 'node:timers/promises'
import { InfrastructureError } from '@weir/config'
import type { Store } from '@weir/store'
import { getOverview } from '@weir/store/pages'

const TIMEOUT_MS = 120_000
const DAY_MS = 86_400_000

/**
 * Waits until runs of the flows are there and no more come for `quietMs`; other flows may be busy meanwhile. A store that
 * is away for a moment is asked again.
 */
export async function untilSettled(store: Store, flows: readonly string[], quietMs: number): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS
  let settled = 0
  let since = performance.now()
  let problem = ''
  while (performance.now() < deadline) {
    try {
      const runs = await countRuns(store, flows)
      if (runs !== settled) since = performance.now()
      settled = runs
      if (settled > 0 && performance.now() - since >= quietMs) return
      problem = `${settled} runs were settled: is the worker running? (weir status)`
    } catch (error) {
      since = performance.now()
      problem = (error as Error).message
    }
    await sleep(500)
  }
  throw new InfrastructureError(`gave up after ${TIMEOUT_MS / 1000} s: ${problem}`)
}

async function countRuns(store: Store, names: readonly string[]): Promise<number> {
  const now = Date.now()
  const day = { from: new Date(now - DAY_MS), to: new Date(now) }
  const overviews = await Promise.all(names.map((flow) => getOverview(store, { ...day, flow })))
  return overviews.reduce((sum, { totals }) => sum + totals.runs, 0)
}
