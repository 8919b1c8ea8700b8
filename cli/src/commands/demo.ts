import type { Command } from 'commander'
import { runDemo } from '../demo/demo.ts'
import { endProgramsOnSignal } from '../demo/run-program.ts'
import { describeDemo } from '../demo/summary.ts'
import { withStore } from '../with-store.ts'

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('run the examples and their evaluation against a running Weir')
    .action(() =>
      withStore(async (store, config) => {
        endProgramsOnSignal()
        const result = await runDemo(store, config)
        for (const line of await describeDemo(store, config, result)) console.log(line)
      }),
    )
}
