import { reachableHost } from '@weir/config'
import type { Store } from '@weir/store'
import { getRunRecords, searchRuns } from '@weir/store/pages'
import type { Config } from '../config.ts'
import type { DemoResult } from './demo.ts'

const DAY_MS = 86_400_000

/** What to look at, one line per page. */
export async function describeDemo(store: Store, config: Config, result: DemoResult): Promise<string[]> {
  const base = `http://${reachableHost(config.host)}:${config.ports.dashboard}`
  const compared = new URLSearchParams({ flow: 'research', base: 'version=1', candidate: 'version=2' })
  const retried = await findRetriedRun(store)
  const pages: [string, string][] = [
    ['all flows', `${base}/`],
    ...(retried === undefined ? [] : [['a run with a retry', `${base}/runs/${retried}`] as [string, string]]),
    ['version 2 against version 1', `${base}/compare?${compared}`],
    ['the experiment that passed', `${base}/experiments/${result.passed}`],
    ['the one that a gate stopped', `${base}/experiments/${result.stopped}`],
  ]
  return ['', 'what to look at:', ...pages.map(([what, url]) => `  ${what.padEnd(28)} ${url}`)]
}

async function findRetriedRun(store: Store): Promise<string | undefined> {
  const to = new Date()
  const from = new Date(to.getTime() - DAY_MS)
  const { runs } = await searchRuns(store, { from, to, flow: 'research', source: 'production', limit: 100 })
  const records = await getRunRecords(store, { runIds: runs.map((run) => run.runId) })
  return records.find((run) => run.steps.some((step) => step.attempts > 1))?.runId
}
