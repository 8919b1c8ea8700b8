import { startInstallation } from '@weir/engines/testing'

export const name = 'start: `weir up` on a built tree, until ready'

const ROUNDS = 3

/** Times the first start on an empty home and the second on the same home; the median of a few rounds. */
export async function run(): Promise<string> {
  const first: number[] = []
  const second: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await using weir = await startInstallation()
    first.push(weir.readyMs)
    await weir.stop()
    await weir.restart()
    second.push(weir.readyMs)
  }
  return [
    '| start | median of 3 | slowest |',
    '|---|---|---|',
    ...[['first, empty home', first] as const, ['second, same home', second] as const].map(
      ([label, times]) => `| ${label} | ${seconds(median(times))} | ${seconds(Math.max(...times))} |`,
    ),
  ].join('\n')
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`
}
