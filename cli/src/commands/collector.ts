import { join } from 'node:path'
import { reachableHost } from '@weir/config'
import { createStore } from '@weir/store'
import type { Command } from 'commander'
import { readConfig } from '../config.ts'
import { loadOptional } from '../optional-package.ts'
import { print } from '../print.ts'
import { serveUntilStopped } from '../serve-until-stopped.ts'
import { openHome } from '../supervisor/open-home.ts'
import { processList } from '../supervisor/process-list.ts'
import { requireFreePorts } from '../supervisor/supervisor.ts'
import { untilMigrated } from '../until-migrated.ts'

export function addCollector(program: Command): void {
  program.command('collector').description('receive OTLP alone, over HTTP and gRPC').action(runCollector)
}

async function runCollector(): Promise<void> {
  const config = openHome(readConfig())
  const { collectorSettingsFromEnv, startCollector } = await loadOptional(
    '@weir/collector',
    () => import('@weir/collector'),
  )
  const settings = collectorSettingsFromEnv(process.env)
  const { clickhouseUrl: url, clickhouseDatabase: database, project } = config
  await requireFreePorts(processList(config).filter(({ name }) => name === 'collector'))
  const store = createStore({ url, database, project })
  const collector = await startCollector({
    ...settings,
    host: config.host,
    port: config.ports.otlpHttp,
    grpcPort: config.ports.otlpGrpc,
    store,
    walDirectory: join(config.home, 'wal'),
    // Spans are taken while ClickHouse is away, also where it has been since before the start.
    migrated: untilMigrated(store, Number.POSITIVE_INFINITY),
  })
  const grpc = `${reachableHost(config.host)}:${collector.grpcPort}`
  print(`collector is ready at ${collector.url}, gRPC at ${grpc}`)
  await serveUntilStopped({
    close: async () => {
      await collector.close()
      await store.close()
    },
  })
}
