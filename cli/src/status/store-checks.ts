import { cutText } from '@weir/store/text'
import type { Finding } from './finding.ts'
import type { InstallationStatus } from './installation-status.ts'

/** Errors that ClickHouse met longer ago are over. */
const RECENT_MS = 60_000

const GUIDE = 'see "Damaged files" in docs/OPERATING.md'

/** Parts that ClickHouse set aside: their rows are in no answer. */
export function checkDetachedParts({ storeHealth, detachedRows }: InstallationStatus): Finding | undefined {
  if (storeHealth === null) return undefined
  const parts = storeHealth.detachedParts
  const [first] = parts
  if (first === undefined) return { name: 'parts', ok: true, found: 'none was set aside' }
  const tables = [...new Set(parts.map(({ table }) => table))].map((table) => {
    const rows = detachedRows[table]
    return `${rows === undefined ? 'an unknown number of' : rows} rows of ${table}`
  })
  const reason = first.reason === '' ? 'by hand' : first.reason
  return {
    name: 'parts',
    ok: false,
    found: `${tables.join(', ')} were set aside in ${parts.length} parts and are missing in all answers: ${first.path} (${reason})${parts.length > 1 ? ', ...' : ''}`,
    advice: `${GUIDE}: put its files back from a backup, or send the spans again (weir import); then remove the directory`,
  }
}

/** Parts that turned out to be damaged when they were read or merged: queries that need them fail. */
export function checkDamagedParts({ storeHealth }: InstallationStatus): Finding | undefined {
  if (storeHealth === null) return undefined
  const parts = storeHealth.damagedParts
  const [first] = parts
  if (first === undefined) return { name: 'files', ok: true, found: 'no damage was met' }
  const rows = parts.reduce((sum, part) => sum + part.rows, 0)
  return {
    name: 'files',
    ok: false,
    found: `${parts.length} parts with ${rows} rows are damaged, queries and merges of them fail: ${first.path} (${first.error})`,
    advice: `${GUIDE}: while Weir is stopped put its files back from a backup, or move the directory into ../detached`,
  }
}

/** Merges, inserts and changes of tables that fail. */
export function checkMerges({ storeHealth }: InstallationStatus): Finding | undefined {
  if (storeHealth === null) return undefined
  const [mutation] = storeHealth.failedMutations
  if (mutation !== undefined) {
    const found = `${mutation.command} of ${mutation.table} cannot be completed: ${cutText(mutation.reason, 300)}`
    const advice = `mend the cause, or KILL MUTATION WHERE table = '${mutation.table}'`
    return { name: 'merges', ok: false, found, advice }
  }
  const error = storeHealth.errors.find(({ lastMs }) => storeHealth.nowMs - lastMs < RECENT_MS)
  if (error !== undefined) {
    const found = `ClickHouse failed ${error.count} times with ${error.name}, the last time within a minute: ${cutText(error.message, 300)}`
    return {
      name: 'merges',
      ok: false,
      found,
      advice: 'it tries again by itself; see the line about the disk',
    }
  }
  return { name: 'merges', ok: true, found: 'none failed within the last minute' }
}

/**
 * Each settled span is counted in one run, and has at least one row until it is lost: merging only removes rows that came
 * twice. So fewer rows than counted spans are a loss, whatever became of the files. (The ledger's number of delivered
 * spans is no such bound: what came twice is in it twice.)
 */
export function checkMissingSpans({ stored }: InstallationStatus): Finding | undefined {
  if (stored === null) return undefined
  const missing = stored.spans - stored.spanRows
  if (missing <= 0) return { name: 'spans', ok: true, found: 'no settled span is missing' }
  return {
    name: 'spans',
    ok: false,
    isWarning: true,
    found: `${missing} of ${stored.spans} settled spans are missing: runs were made of them, and their rows are gone`,
    advice: 'see the line about parts; send the spans again (weir import), or let it be if you deleted them',
  }
}
