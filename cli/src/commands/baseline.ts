import { listBaselines, promoteExperiment } from '@weir/store/evaluations'
import type { Command } from 'commander'
import { print, printJson } from '../print.ts'
import { printTable } from '../table.ts'
import { withStore } from '../with-store.ts'

export function addBaseline(program: Command): void {
  const baseline = program.command('baseline').description('what experiments are compared with')
  baseline
    .command('promote <experiment>')
    .description('make a finished experiment a baseline of its evaluation')
    .option('--name <name>', 'name of the baseline', 'main')
    .option('--force', 'even one that failed, or ran only some of its cases', false)
    .action((experimentId: string, { name, force }: { name: string; force: boolean }) =>
      withStore(async (store) => {
        const promoted = await promoteExperiment(store, { experimentId, name, force })
        print(`${experimentId} is now the baseline "${name}" of ${promoted.evaluation}`)
      }),
    )
  baseline
    .command('list')
    .description('show the baselines')
    .option('--json', 'print JSON', false)
    .action(({ json }: { json: boolean }) =>
      withStore(async (store) => {
        const baselines = await listBaselines(store)
        if (json) {
          printJson(baselines)
          return
        }
        if (baselines.length === 0) {
          print('no baseline yet: weir baseline promote <experiment>')
          return
        }
        printTable(
          ['evaluation', 'name', 'experiment', 'flow', 'version', 'promoted'],
          baselines.map((row) => [
            row.evaluation,
            row.name,
            row.experimentId,
            row.flow,
            row.version,
            new Date(row.promotedMs).toISOString(),
          ]),
        )
      }),
    )
}
