import { createStore } from '@weir/store'
import type { Command } from 'commander'
import { readConfig } from '../config.ts'
import { serveUntilStopped } from '../serve-until-stopped.ts'
import { untilMigrated } from '../until-migrated.ts'

export function addWorker(program: Command): void {
  program
    .command('worker')
    .description('settle runs, judge monitors and run queued evaluations, alone')
    .action(runWorker)
}

async function runWorker(): Promise<void> {
  const config = readConfig()
  const { startWorker } = await import('@weir/evaluator/worker')
  const { clickhouseUrl: url, clickhouseDatabase: database, project, apiKey } = config
  const store = createStore({ url, database, project })
  await untilMigrated(store)
  const worker = await startWorker({
    host: config.host,
    port: config.ports.worker,
    store,
    redisUrl: config.redisUrl,
    endpoint: config.endpoint,
    settleQuietMs: config.settleQuietMs,
    ...(apiKey === undefined ? {} : { apiKey }),
  })
  console.log(`worker is ready at ${worker.url}`)
  await serveUntilStopped({
    close: async () => {
      await worker.close()
      await store.close()
    },
  })
}
