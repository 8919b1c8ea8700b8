import { join } from 'node:path'
import type { Command } from 'commander'
import { readConfig } from '../config.ts'
import { loadOptional } from '../optional-package.ts'
import { print } from '../print.ts'
import { serveUntilStopped } from '../serve-until-stopped.ts'
import { openHome } from '../supervisor/open-home.ts'
import { ENGINE_HOST, passwordOf, saveUrl } from '../supervisor/secrets.ts'

export function addEngine(program: Command): void {
  const engine = program.command('engine').description('run one of the embedded engines alone')
  engine.command('clickhouse').description('the embedded ClickHouse').action(runClickHouse)
  engine.command('valkey').description('the embedded Valkey (or the redis-server on PATH)').action(runValkey)
}

async function runClickHouse(): Promise<void> {
  const config = openHome({ ...readConfig(), embedded: { clickhouse: true, valkey: true } })
  const { startClickHouse } = await loadEngines()
  const server = await startClickHouse({
    host: ENGINE_HOST,
    port: config.ports.clickhouse,
    path: join(config.home, 'clickhouse'),
    password: passwordOf(config.clickhouseUrl),
  })
  saveUrl(config.home, 'clickhouse', config.clickhouseUrl)
  print(`clickhouse is ready at http://${ENGINE_HOST}:${server.port}`)
  await serveUntilStopped(server)
}

async function runValkey(): Promise<void> {
  const config = openHome({ ...readConfig(), embedded: { clickhouse: true, valkey: true } })
  const { startValkey } = await loadEngines()
  const server = await startValkey({
    host: ENGINE_HOST,
    port: config.ports.valkey,
    directory: join(config.home, 'valkey'),
    password: passwordOf(config.redisUrl),
  })
  saveUrl(config.home, 'valkey', config.redisUrl)
  print(`valkey is ready at redis://${ENGINE_HOST}:${server.port} (${server.engine})`)
  await serveUntilStopped(server)
}

function loadEngines(): Promise<typeof import('@weir/engines')> {
  return loadOptional('@weir/engines', () => import('@weir/engines'))
}
