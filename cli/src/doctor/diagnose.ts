import { statSync } from 'node:fs'
import { type WrongVariable, wrongVariables } from '@weir/config'
import { createStore, requireKnownSchema, SchemaError } from '@weir/store'
import { shellWord } from '@weir/store/text'
import { type Config, readConfig } from '../config.ts'
import { checkInstallation } from '../status/checks.ts'
import type { Finding } from '../status/finding.ts'
import { readInstallation } from '../status/installation-status.ts'
import { configuredServers } from '../supervisor/configured-servers.ts'
import { prepareHome } from '../supervisor/home.ts'
import { findEngines } from './engines.ts'
import { installedPackages } from './packages.ts'
import { diagnosePorts } from './ports.ts'

/** Every line of `weir doctor`. */
export async function diagnose(): Promise<Finding[]> {
  const wrong = wrongVariables()
  const always = [nodeVersion(), ...variables(wrong)]
  if (wrong.some(({ variable }) => variable.readers.includes('weir'))) return always
  const config = readConfig()
  const homeFindings = home(config)
  const installation = await readInstallation(config)
  return [
    ...always,
    ...homeFindings,
    ...(await diagnosePorts(config)),
    ...(await engines(config)),
    ...(await servers(config)),
    ...(await schema(config)),
    ...installedPackages(),
    ...running(installation.supervisor),
    ...checkInstallation(installation, Date.now()),
  ]
}

function running(supervisor: number | null): Finding[] {
  if (supervisor !== null) return []
  return [{ name: 'processes', ok: true, found: 'weir up does not run; what answers was started alone' }]
}

function nodeVersion(): Finding {
  // bin/weir.js has refused what is too old.
  return { name: 'Node', ok: true, found: `${process.versions.node} (${process.platform} ${process.arch})` }
}

function variables(wrong: readonly WrongVariable[]): Finding[] {
  if (wrong.length === 0) return [{ name: 'variables', ok: true, found: 'those that are set can be used' }]
  return wrong.map(({ variable: { name, meaning }, came, expected }) => ({
    name: 'variables',
    ok: false,
    found: `${name} ${came}`,
    advice: `${expected}: ${meaning}`,
  }))
}

function home({ home: path }: Config): Finding[] {
  try {
    prepareHome(path)
  } catch (error) {
    return [{ name: 'home', ok: false, found: (error as Error).message, advice: 'see WEIR_HOME' }]
  }
  const others = process.platform === 'win32' ? 0 : statSync(path).mode & 0o077
  if (others === 0) return [{ name: 'home', ok: true, found: `${path} is writable, and closed to others` }]
  return [
    {
      name: 'home',
      ok: false,
      found: `${path} can be read by other users of this machine: it holds what is recorded, and passwords`,
      advice: `chmod 700 ${shellWord(path)}`,
    },
  ]
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
