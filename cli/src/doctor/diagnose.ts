import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createStore, requireKnownSchema, SchemaError } from '@weir/store'
import type { Config } from '../config.ts'
import { configuredServers } from '../supervisor/configured-servers.ts'
import { prepareHome, supervisorPid } from '../supervisor/home.ts'
import { bindError, portOwner } from '../supervisor/port.ts'
import { processList } from '../supervisor/process-list.ts'
import { findEngines } from './engines.ts'
import { installedPackages } from './packages.ts'

export interface Finding {
  readonly name: string
  readonly ok: boolean
  readonly found: string
  /** What to do about a problem. */
  readonly advice?: string
}

/** Below it ClickHouse may be unable to merge. */
const NEEDED_BYTES = 2 * 1024 ** 3

/** Every line of `weir doctor`. */
export async function diagnose(config: Config): Promise<Finding[]> {
  return [
    nodeVersion(),
    home(config),
    await disk(config),
    ...(await ports(config)),
    ...(await engines(config)),
    ...(await servers(config)),
    ...(await schema(config)),
    ...installedPackages(),
  ]
}

function nodeVersion(): Finding {
  // bin/weir.js has refused what is too old.
  return { name: 'Node', ok: true, found: `${process.versions.node} (${process.platform} ${process.arch})` }
}

function home({ home: path }: Config): Finding {
  try {
    prepareHome(path)
    return { name: 'home', ok: true, found: `${path} is writable` }
  } catch (error) {
    return { name: 'home', ok: false, found: (error as Error).message, advice: 'see WEIR_HOME' }
  }
}

async function disk({ home: path }: Config): Promise<Finding> {
  let existing = path
  while (!existsSync(existing)) existing = dirname(existing)
  const { bavail, bsize } = await statfs(existing)
  const free = bavail * bsize
  const found = `${(free / 1024 ** 3).toFixed(1)} GB free at ${existing}`
  if (free >= NEEDED_BYTES) return { name: 'disk', ok: true, found }
  return { name: 'disk', ok: false, found, advice: 'free at least 2 GB, or set WEIR_HOME to a bigger disk' }
}

function ports(config: Config): Promise<Finding[]> {
  const running = supervisorPid(config.home) !== undefined
  return Promise.all(
    processList(config).flatMap((spec) =>
      spec.ports.map(async ({ number, variable }) => {
        const name = `port ${number}`
        const code = await bindError(spec.host, number)
        if (code === undefined) return { name, ok: true, found: `free (${spec.name})` }
        if (running && (await spec.isReady())) return { name, ok: true, found: `${spec.name} answers` }
        const owner = portOwner(number)
        const found = `${code}${owner === undefined ? '' : `, used by ${owner}`} (wanted by ${spec.name})`
        return { name, ok: false, found, advice: `stop that program or set ${variable} to a free port` }
      }),
    ),
  )
}

async function engines(config: Config): Promise<Finding[]> {
  const found = await findEngines()
  const needed: Record<string, boolean> = config.embedded
  return found.map(({ engine, version }) => {
    if (version !== undefined) return { name: engine, ok: true, found: `embedded: ${version}` }
    if (needed[engine] === false) return { name: engine, ok: true, found: 'not embedded here, not needed' }
    const variable = engine === 'clickhouse' ? 'WEIR_CLICKHOUSE_URL' : 'WEIR_REDIS_URL'
    return {
      name: engine,
      ok: false,
      found: 'no embedded engine',
      advice: `run from a checkout of Weir (npm start), or set ${variable} to a server`,
    }
  })
}

/** Nothing where the database does not answer, or has no tables yet: that is said elsewhere. */
async function schema({ clickhouseUrl: url, clickhouseDatabase: database }: Config): Promise<Finding[]> {
  const store = createStore({ url, database, timeout: 5_000 })
  try {
    await requireKnownSchema(store)
    return [
      { name: 'schema', ok: true, found: `\`${database}\` has nothing that this version does not know` },
    ]
  } catch (error) {
    if (!(error instanceof SchemaError)) return []
    return [{ name: 'schema', ok: false, found: error.message, advice: 'start the version that migrated it' }]
  } finally {
    await store.close()
  }
}

async function servers(config: Config): Promise<Finding[]> {
  const checks = await Promise.all(
    configuredServers(config).map(async (one) => ({ ...one, ok: await one.answers() })),
  )
  return checks.map(({ name, ok, url, variable }) =>
    ok
      ? { name, ok, found: `answers at ${url}` }
      : { name, ok, found: `no answer at ${url}`, advice: `start it, or correct ${variable}` },
  )
}
