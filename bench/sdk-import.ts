import { execFileSync } from 'node:child_process'

export const name = 'SDK: importing it, in a fresh process'

const ROUNDS = 20
const BUDGET = 60

/** Milliseconds. */
interface Cost {
  readonly wall: number
  readonly cpu: number
}

const EMPTY = 'an empty module'
const API = '`@opentelemetry/api`, which it needs'
const SDK = '`@weir/sdk`, with the former'
const MODULES = { [EMPTY]: 'data:text/javascript,', [API]: '@opentelemetry/api', [SDK]: '@weir/sdk' }

/** What an import takes, beside what it must take; rounds interleaved. */
export async function run(): Promise<string> {
  const costs = new Map(Object.keys(MODULES).map((label) => [label, [] as Cost[]]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [label, module] of Object.entries(MODULES)) costs.get(label)?.push(costOf(module))
  }
  const [sdk, api] = [costs.get(SDK) ?? [], costs.get(API) ?? []]
  const ratio = median(sdk.map(({ cpu }, round) => cpu / (api[round]?.cpu ?? Number.NaN)))
  return [
    `| median of ${ROUNDS} interleaved rounds (least) | time | CPU |`,
    '|---|---|---|',
    ...Array.from(
      costs,
      ([label, list]) => `| ${label} | ${summary(list, 'wall')} | ${summary(list, 'cpu')} |`,
    ),
    `| ratio of the last two (time of the last: budget ${BUDGET} ms on a quiet machine) | | ${ratio.toFixed(2)} |`,
  ].join('\n')
}

function costOf(module: string): Cost {
  const script = `
    const [began, before] = [performance.now(), process.cpuUsage()]
    await import(${JSON.stringify(module)})
    const [ended, { user, system }] = [performance.now(), process.cpuUsage(before)]
    process.stdout.write(JSON.stringify({ wall: ended - began, cpu: (user + system) / 1000 }))`
  const args = ['--input-type=module', '--eval', script]
  return JSON.parse(
    execFileSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8' }),
  ) as Cost
}

function summary(costs: readonly Cost[], measure: keyof Cost): string {
  const values = costs.map((cost) => cost[measure])
  return `${median(values).toFixed(1)} ms (${Math.min(...values).toFixed(1)})`
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
