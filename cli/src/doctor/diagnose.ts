import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Config } from '../config.ts'
import { safeUrl } from '../open-store.ts'
import { prepareHome, supervisorPid } from '../supervisor/home.ts'
import { bindError, portOwner } from '../supervisor/port.ts'
import { processList } from '../supervisor/process-list.ts'
import { answersHttp, answersRedis } from '../supervisor/readiness.ts'
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
  const running = supervisorPid(config.home)
  return Promise.all(
    processList(config).map(async ({ name: process, port, host, portVariable, isReady }) => {
      const name = `port ${port}`
      const code = await bindError(host, port)
      if (code === undefined) return { name, ok: true, found: `free (${process})` }
      if (running !== undefined && (await isReady())) return { name, ok: true, found: `${process} answers` }
      const owner = portOwner(port)
      const found = `${code}${owner === undefined ? '' : `, used by ${owner}`} (wanted by ${process})`
      return { name, ok: false, found, advice: `stop that program or set ${portVariable} to a free port` }
    }),
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

async function servers(config: Config): Promise<Finding[]> {
  const findings: Finding[] = []
  if (!config.embedded.clickhouse) {
    const ok = await answersHttp(new URL('/ping', config.clickhouseUrl).href.replace(/\/\/[^@/]*@/, '//'))
    findings.push(server('ClickHouse', config.clickhouseUrl, ok, 'WEIR_CLICKHOUSE_URL'))
  }
  if (!config.embedded.valkey) {
    const { hostname, port } = new URL(config.redisUrl)
    const ok = await answersRedis(hostname, Number(port || 6379))
    findings.push(server('Redis', config.redisUrl, ok, 'WEIR_REDIS_URL'))
  }
  return findings
}

function server(name: string, url: string, ok: boolean, variable: string): Finding {
  if (ok) return { name, ok, found: `answers at ${safeUrl(url)}` }
  return { name, ok, found: `no answer at ${safeUrl(url)}`, advice: `start it, or correct ${variable}` }
}
