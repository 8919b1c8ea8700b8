import { join } from 'node:path'
import type { Quarantined } from '@weir/collector'
import { InfrastructureError, UsageError } from '@weir/config'
import { cutText } from '@weir/store/text'
import type { Command } from 'commander'
import { type Config, readConfig } from '../config.ts'
import { loadOptional } from '../optional-package.ts'
import { print, printJson } from '../print.ts'
import { printTable } from '../table.ts'
import { withStore } from '../with-store.ts'

export function addQuarantine(program: Command): void {
  const quarantine = program
    .command('quarantine')
    .description('spans that ClickHouse refused, and that the collector set aside')
  quarantine
    .command('list')
    .description('show what was set aside, and why')
    .option('--json', 'print JSON', false)
    .action(({ json }: { json: boolean }) => list(json))
  quarantine
    .command('retry [id...]')
    .description('insert spans again, when what they were refused for is gone')
    .option('--all', 'all that was set aside', false)
    .action((ids: string[], { all }: { all: boolean }) => retry(ids, all))
  quarantine
    .command('drop [id...]')
    .description('delete spans for good')
    .option('--all', 'all that was set aside', false)
    .action((ids: string[], { all }: { all: boolean }) => drop(ids, all))
}

const REASON_WIDTH = 100

function loadCollector(): Promise<typeof import('@weir/collector')> {
  return loadOptional('@weir/collector', () => import('@weir/collector'))
}

const logOf = ({ home }: Config) => join(home, 'wal')

async function list(json: boolean): Promise<void> {
  const { listQuarantined } = await loadCollector()
  const found = listQuarantined(logOf(readConfig()))
  if (json) {
    printJson(found.map(toJson))
    return
  }
  if (found.length === 0) {
    print('nothing was set aside')
    return
  }
  printTable(
    ['id', 'set aside', 'spans', 'bytes', 'reason'],
    found.map(({ id, setAside, spans, bytes, reason }) => [
      id,
      new Date(setAside).toISOString(),
      String(spans ?? 'unknown'),
      String(bytes),
      reason.length > REASON_WIDTH ? `${cutText(reason, REASON_WIDTH)}...` : reason,
    ]),
  )
  print(`${describe(found)}. When the cause is gone: weir quarantine retry --all`)
}

function toJson({ id, setAside, spans, bytes, reason }: Quarantined): object {
  return { id, setAside: new Date(setAside).toISOString(), spans: spans ?? null, bytes, reason }
}

async function retry(ids: readonly string[], all: boolean): Promise<void> {
  const { listQuarantined, retryQuarantined } = await loadCollector()
  const chosen = choose(listQuarantined(logOf(readConfig())), ids, all)
  if (chosen.length === 0) {
    print('nothing was set aside')
    return
  }
  await withStore(async ({ url, database }, config) => {
    let stored = 0
    let refused = 0
    for (const { id } of chosen) {
      const target = { walDirectory: logOf(config), store: { url, database } }
      const outcome = await retryQuarantined(target, id).catch((cause: Error) => {
        throw new InfrastructureError(`${stored} spans were stored, then: ${cause.message}`, { cause })
      })
      if (outcome === undefined) continue
      stored += outcome.stored
      if (outcome.reason === undefined) {
        print(`${id}: ${outcome.stored} spans stored`)
        continue
      }
      refused += 1
      print(
        `${id}: ${outcome.stored} spans stored, ${outcome.refused ?? 'an unknown number of'} refused: ${outcome.reason}`,
      )
    }
    if (refused === 0) return
    throw new InfrastructureError(
      `${refused} of ${chosen.length} files are still set aside: remove the cause and retry, or delete them with "weir quarantine drop"`,
    )
  })
}

async function drop(ids: readonly string[], all: boolean): Promise<void> {
  const { dropQuarantined, listQuarantined } = await loadCollector()
  const directory = logOf(readConfig())
  const chosen = choose(listQuarantined(directory), ids, all)
  for (const { id } of chosen) await dropQuarantined(directory, id)
  print(chosen.length === 0 ? 'nothing was set aside' : `deleted: ${describe(chosen)}`)
}

function choose(found: readonly Quarantined[], ids: readonly string[], all: boolean): readonly Quarantined[] {
  if (all && ids.length > 0) throw new UsageError('expected ids or --all, got both')
  if (all) return found
  if (ids.length === 0) throw new UsageError('expected ids as "weir quarantine list" shows them, or --all')
  for (const id of ids) {
    if (found.some((file) => file.id === id)) continue
    throw new UsageError(`nothing with the id "${id}" is set aside; see "weir quarantine list"`)
  }
  return found.filter(({ id }) => ids.includes(id))
}

/** Such as `12 spans (3456 bytes) in 2 files`. */
function describe(files: readonly Quarantined[]): string {
  const sum = (of: (file: Quarantined) => number) => files.reduce((total, file) => total + of(file), 0)
  const unknown = files.filter(({ spans }) => spans === undefined).length
  const spans = `${sum((file) => file.spans ?? 0)} spans`
  const others = unknown === 0 ? '' : ` and those of ${unknown} files that nobody can count`
  return `${spans}${others} (${sum(({ bytes }) => bytes)} bytes) in ${files.length} ${files.length === 1 ? 'file' : 'files'}`
}
