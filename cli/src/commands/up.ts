import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { reachableHost } from '@weir/config'
import type { Command } from 'commander'
import { type Config, readConfig } from '../config.ts'
import { loadOptional } from '../optional-package.ts'
import { print } from '../print.ts'
import { requireServers } from '../supervisor/configured-servers.ts'
import { adviceOnKeys } from '../supervisor/first-key.ts'
import { endLeftOvers, lockHome, prepareHome, requireRoom } from '../supervisor/home.ts'
import { openHome } from '../supervisor/open-home.ts'
import { processList } from '../supervisor/process-list.ts'
import { passwordOf, saveUrl } from '../supervisor/secrets.ts'
import { requireFreePorts, Supervisor } from '../supervisor/supervisor.ts'

const WEIR = fileURLToPath(new URL('../../bin/weir.js', import.meta.url))

export function addUp(program: Command): void {
  program
    .command('up')
    .description('run all of Weir on this machine until Ctrl-C')
    .option('--demo', 'run the demo once if nothing was ever recorded', false)
    .option('--no-demo', 'do not run the demo')
    .action(async (options: { demo: boolean }) => up(readConfig(), options))
}

async function up(given: Config, options: { demo: boolean }): Promise<void> {
  const stopRequested = untilSignal()
  // A closed terminal or pipe is no reason to leave the processes alone.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  prepareHome(given.home)
  requireRoom(given.home)
  const release = lockHome(given.home)
  try {
    const config = openHome(given)
    const specs = processList(config)
    for (const name of await endLeftOvers(config.home, specs))
      print(`  ended ${name}, left by a run that was killed`)
    // The valkey process has a child of its own, the server, which its death does not end.
    if (config.embedded.valkey) await endLeftoverValkey(config)
    await requireFreePorts(specs)
    if (config.embedded.clickhouse) saveUrl(config.home, 'clickhouse', config.clickhouseUrl)
    if (config.embedded.valkey) saveUrl(config.home, 'valkey', config.redisUrl)
    await requireServers(config)
    await run(config, options, stopRequested)
  } finally {
    release()
  }
}

async function run(
  config: Config,
  options: { demo: boolean },
  stopRequested: Promise<string>,
): Promise<void> {
  const supervisor = new Supervisor(config, print)
  const started = supervisor.start()
  try {
    if ((await Promise.race([started, stopRequested])) === undefined) {
      printReady(config)
      const advice = await adviceOnKeys(config).catch(() => undefined)
      if (advice !== undefined) print(`  ${advice}`)
      if (options.demo) await runDemo(config, stopRequested)
      await stopRequested
    }
    print('stopping (further signals are ignored)')
  } finally {
    started.catch(() => {})
    await supervisor.stop()
  }
}

async function endLeftoverValkey({ home, redisUrl }: Config): Promise<void> {
  const { endLeftover } = await loadOptional('@weir/engines', () => import('@weir/engines'))
  await endLeftover(join(home, 'valkey'), passwordOf(redisUrl))
}

/** Stays in place, so that a signal that comes twice does not cut the draining short. */
function untilSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal))
  })
}

/** A process of its own, so that the supervisor stays small; it says so if there was something to show. */
async function runDemo(config: Config, stopRequested: Promise<string>): Promise<void> {
  const child = spawn(process.execPath, [WEIR, 'demo', '--if-empty'], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: {
      ...process.env,
      WEIR_CLICKHOUSE_URL: config.clickhouseUrl,
      WEIR_REDIS_URL: config.redisUrl,
      WEIR_ENDPOINT: config.endpoint,
    },
  })
  let hasRun = false
  child.once('message', () => {
    hasRun = true
  })
  const ended = new Promise<string | number>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 1))
    child.once('error', (error) => resolve(error.message))
  })
  const stopped = stopRequested.then(() => 'stop' as const)
  const outcome = await Promise.race([ended, stopped])
  if (outcome === 'stop') {
    child.kill('SIGTERM')
    await ended
    return
  }
  if (outcome !== 0) print(`the demo ended with ${outcome}; run it again with: weir demo`)
  if (hasRun || outcome !== 0) printReady(config)
}

function printReady(config: Config): void {
  const dashboard = processList(config).find((spec) => spec.name === 'dashboard')?.url
  const grpc = `http://${reachableHost(config.host)}:${config.ports.otlpGrpc}`
  print(`weir is ready  dashboard ${dashboard}  OTLP ${config.endpoint}/v1/traces  gRPC ${grpc}`)
}
