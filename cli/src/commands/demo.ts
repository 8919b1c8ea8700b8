import { getStoreStats } from '@weir/store/pages'
import { type Command, Option } from 'commander'
import { runDemo } from '../demo/demo.ts'
import { endProgramsOnSignal } from '../demo/run-program.ts'
import { describeDemo } from '../demo/summary.ts'
import { print } from '../print.ts'
import { withStore } from '../with-store.ts'

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('run the examples and their evaluation against a running Weir')
    .addOption(new Option('--if-empty', 'only if nothing was ever recorded').default(false).hideHelp())
    .action(({ ifEmpty }: { ifEmpty: boolean }) =>
      withStore(async (store, config) => {
        endProgramsOnSignal()
        if (ifEmpty && (await getStoreStats(store)).newestSpanMs !== null) return
        process.send?.('started')
        const result = await runDemo(store, config)
        print(...(await describeDemo(store, config, result)))
      }),
    )
}
