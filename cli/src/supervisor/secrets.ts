import { randomBytes } from 'node:crypto'
import { chmodSync, linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Embedded engines are for the processes of this machine only, whatever WEIR_HOST opens to others. */
export const ENGINE_HOST = '127.0.0.1'

/** The engines that `weir up` embeds, with the user that each of them knows. */
const ENGINES = {
  clickhouse: { scheme: 'http', user: 'weir' },
  valkey: { scheme: 'redis', user: 'default' },
} as const

export type Engine = keyof typeof ENGINES

/** The URL of an embedded engine with user and password; undefined where the home has none yet. */
export function readUrl(home: string, engine: Engine): URL | undefined {
  const url = URL.parse(readText(urlFile(home, engine)) ?? '')
  const { scheme } = ENGINES[engine]
  return url?.protocol === `${scheme}:` && url.password !== '' ? url : undefined
}

/** The key that signs queued jobs; undefined where the home has none yet. */
export function readQueueKey(home: string): string | undefined {
  const key = readText(queueKeyFile(home))?.trim() ?? ''
  return key.length < 16 ? undefined : key
}

/** What an engine asks for. */
export function passwordOf(url: string): string {
  return decodeURIComponent(new URL(url).password)
}

/** The URL of an embedded engine on this port, with a password that is made where the home has none. */
export function openUrl(home: string, engine: Engine, port: number): string {
  const path = urlFile(home, engine)
  const { scheme, user } = ENGINES[engine]
  const make = () => `${scheme}://${user}:${randomBytes(24).toString('hex')}@${ENGINE_HOST}:${port}`
  // One that cannot be read any more is replaced: all processes read it again when they start.
  if (readUrl(home, engine) === undefined) rmSync(path, { force: true })
  createSecret(path, make())
  const url = readUrl(home, engine)
  if (url === undefined) throw new Error(`${path} cannot be read`)
  url.port = String(port)
  return url.href.replace(/\/$/, '')
}

/** Tells all processes of the home where an engine listens now. By who runs the engine, once it is known to be the only one. */
export function saveUrl(home: string, engine: Engine, url: string): void {
  if (readUrl(home, engine)?.href === new URL(url).href) return
  renameSync(writeDraft(urlFile(home, engine), url), urlFile(home, engine))
}

/** The key that signs queued jobs, made where the home has none. */
export function openQueueKey(home: string): string {
  if (readQueueKey(home) === undefined) rmSync(queueKeyFile(home), { force: true })
  createSecret(queueKeyFile(home), randomBytes(32).toString('hex'))
  return readQueueKey(home) ?? ''
}

/** Of several processes that start together one makes it, whole: the others find it. */
function createSecret(path: string, text: string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) {
    closeToOthers(path, 0o600)
    return
  }
  const draft = writeDraft(path, text)
  try {
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function writeDraft(path: string, text: string): string {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${text}\n`, { mode: 0o600 })
  return draft
}

/** Takes a file or directory from all other users, where that is allowed; `weir doctor` tells where it is not. */
export function closeToOthers(path: string, mode: number): void {
  if ((statSync(path).mode & 0o077) === 0) return
  try {
    chmodSync(path, mode)
  } catch {}
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function urlFile(home: string, engine: Engine): string {
  return join(home, `${engine}.url`)
}

function queueKeyFile(home: string): string {
  return join(home, 'queue.key')
}
