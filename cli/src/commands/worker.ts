import type { Command } from 'commander'
import { readConfig } from '../config.ts'
import { print } from '../print.ts'
import { serveUntilStopped } from '../serve-until-stopped.ts'
import { openHomeIfPossible } from '../supervisor/open-home.ts'
import { childEnvironment } from '../supervisor/process-list.ts'
import { untilMigrated } from '../until-migrated.ts'

export function addWorker(program: Command): void {
  program
    .command('worker')
    .description('settle runs, judge monitors and run queued evaluations, alone')
    .action(runWorker)
}

async function runWorker(): Promise<void> {
  const config = openHomeIfPossible(readConfig())
  const { startWorker, workerConfigFromEnv } = await import('@weir/evaluator/worker')
  const settings = workerConfigFromEnv(childEnvironment(config))
  const { store } = settings
  await untilMigrated(store)
  const worker = await startWorker(settings)
  print(`worker is ready at ${worker.url}`)
  await serveUntilStopped({
    close: async () => {
      await worker.close()
      await store.close()
    },
  })
}
