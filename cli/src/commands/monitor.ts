import { UsageError } from '@weir/config'
import { findEvalFiles, loadInChild, type Outline } from '@weir/evaluator'
import { RunnerProcesses } from '@weir/evaluator/runner'
import type { Store } from '@weir/store'
import { listMonitors, removeMonitor, addMonitor as storeMonitor } from '@weir/store/evaluations'
import { stringifyExact } from '@weir/store/text'
import { type Command, InvalidArgumentError } from 'commander'
import { print, printJson } from '../print.ts'
import { printTable } from '../table.ts'
import { withStore } from '../with-store.ts'

export function addMonitor(program: Command): void {
  const monitor = program.command('monitor').description("an evaluation's checks on production runs")
  monitor
    .command('add <file>')
    .description('judge the production runs of the flow by the checks of an evaluation file')
    .option('--sample <share>', 'share of the runs that are judged, 0 to 1', share, 1)
    .action((file: string, { sample }: { sample: number }) => add(file, sample))
  monitor
    .command('list')
    .description('show the monitors with what they found in the last day')
    .option('--json', 'print JSON', false)
    .action(({ json }: { json: boolean }) => withStore((store) => list(store, json)))
  monitor
    .command('remove <name>')
    .description('stop judging; what was judged stays')
    .action((name: string) => withStore((store) => remove(store, name)))
}

async function add(path: string, sample: number): Promise<void> {
  const outlines = await loadOutlines(await findEvalFiles([path]))
  const empty = outlines.find((outline) => outline.checks.length === 0)
  if (empty !== undefined) {
    throw new UsageError(
      `evaluation "${empty.name}" has no checks: a monitor judges by checks, not by scorers or expect`,
    )
  }
  await withStore(async (store) => {
    for (const { name, checks, variants } of outlines) {
      const { flow } = variants[0]!
      await storeMonitor(store, { name, flow, definition: stringifyExact({ checks })!, sample })
      print(`monitor "${name}" judges ${sample * 100}% of the runs of ${flow} by ${checks.length} checks`)
    }
  })
}

async function loadOutlines(files: readonly string[]): Promise<Outline[]> {
  const outlines: Outline[] = []
  for (const file of files) {
    const options = { directory: process.cwd(), recording: 'memory', keepLoaded: false } as const
    const codes = await loadInChild(file, new RunnerProcesses(options))
    outlines.push(...codes.map(({ outline }) => outline))
  }
  return outlines
}

async function list(store: Store, json: boolean): Promise<void> {
  const monitors = await listMonitors(store)
  if (json) {
    printJson(monitors)
    return
  }
  if (monitors.length === 0) {
    print('no monitor yet: weir monitor add <eval file>')
    return
  }
  printTable(
    ['name', 'flow', 'sample', 'judged', 'passed'],
    monitors.map((row) => [
      row.name,
      row.flow,
      `${row.sample * 100}%`,
      String(row.judged),
      row.judged === 0 ? '-' : `${(row.passRate * 100).toFixed(1)}%`,
    ]),
  )
}

async function remove(store: Store, name: string): Promise<void> {
  if (await removeMonitor(store, { name })) {
    print(`monitor "${name}" is removed`)
    return
  }
  const known = (await listMonitors(store)).map((row) => row.name)
  throw new UsageError(
    `there is no monitor "${name}"; ${known.length === 0 ? 'none was added yet' : `there are: ${known.join(', ')}`}`,
  )
}

function share(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('Expected a number above 0, up to 1.')
  return value
}
