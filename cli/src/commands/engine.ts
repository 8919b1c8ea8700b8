import { join } from 'node:path'
import type { Command } from 'commander'
import { readConfig } from '../config.ts'
import { loadOptional } from '../optional-package.ts'
import { serveUntilStopped } from '../serve-until-stopped.ts'
import { prepareHome } from '../supervisor/home.ts'
import { ENGINE_HOST } from '../supervisor/process-list.ts'

export function addEngine(program: Command): void {
  const engine = program.command('engine').description('run one of the embedded engines alone')
  engine.command('clickhouse').description('the embedded ClickHouse').action(runClickHouse)
  engine.command('valkey').description('the embedded Valkey (or the redis-server on PATH)').action(runValkey)
}

async function runClickHouse(): Promise<void> {
  const config = readConfig()
  prepareHome(config.home)
  const { startClickHouse } = await loadEngines()
  const server = await startClickHouse({
    host: ENGINE_HOST,
    port: config.ports.clickhouse,
    path: join(config.home, 'clickhouse'),
  })
  console.log(`clickhouse is ready at ${server.url}`)
  await serveUntilStopped(server)
}

async function runValkey(): Promise<void> {
  const config = readConfig()
  prepareHome(config.home)
  const { startValkey } = await loadEngines()
  const server = await startValkey({
    host: ENGINE_HOST,
    port: config.ports.valkey,
    directory: join(config.home, 'valkey'),
  })
  console.log(`valkey is ready at ${server.url} (${server.engine})`)
  await serveUntilStopped(server)
}

function loadEngines(): Promise<typeof import('@weir/engines')> {
  return loadOptional('@weir/engines', () => import('@weir/engines'))
}
