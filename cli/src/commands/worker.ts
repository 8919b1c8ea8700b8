import type { Command } from 'commander'
import { readConfig } from '../config.ts'
import { print } from '../print.ts'
import { serveUntilStopped } from '../serve-until-stopped.ts'
import { openHomeIfPossible } from '../supervisor/open-home.ts'
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
  const settings = workerConfigFromEnv({
    ...process.env,
    WEIR_CLICKHOUSE_URL: config.clickhouseUrl,
    WEIR_REDIS_URL: config.redisUrl,
    WEIR_ENDPOINT: config.endpoint,
    WEIR_QUEUE_KEY: config.queueKey,
  })
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
