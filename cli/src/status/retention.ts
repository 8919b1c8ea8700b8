import type { AppliedRetention } from '@weir/store/retention'
import { formatAge } from '../table.ts'
import type { Finding } from './finding.ts'

/** Rounds are an hour apart: two that are missing are not a slow one. */
const LATE_MS = 3 * 3_600_000

/** @example "runs 90 days, payloads 14 days; project support: runs 30 days, payloads 14 days" */
export function formatRetention(applied: readonly AppliedRetention[]): string {
  const others = applied.find(({ project }) => project === '')
  const own = applied.filter(
    (row) => row.project !== '' && (row.days !== others?.days || row.payloadDays !== others.payloadDays),
  )
  return [
    others === undefined ? FOR_EVER : describe(others),
    ...own.map((row) => `project ${row.project}: ${describe(row)}`),
  ].join('; ')
}

const FOR_EVER = 'all is kept for ever'

function describe({ days, payloadDays }: AppliedRetention): string {
  const kept = [days > 0 && `runs ${count(days)}`, payloadDays > 0 && `payloads ${count(payloadDays)}`]
  return kept.filter(Boolean).join(', ') || FOR_EVER
}

function count(days: number): string {
  return days === 1 ? '1 day' : `${days} days`
}

/** Undefined: not known. @param now milliseconds since 1970 */
export function checkRetention(
  applied: readonly AppliedRetention[] | null,
  now: number,
): Finding | undefined {
  if (applied === null) return undefined
  const name = 'retention'
  const found = formatRetention(applied)
  const last = Math.max(0, ...applied.map(({ appliedMs }) => appliedMs))
  const isOn = applied.some(({ days, payloadDays }) => days > 0 || payloadDays > 0)
  if (!isOn) return { name, ok: true, found }
  const age = `applied ${formatAge(Math.max(0, now - last))} ago`
  if (now - last < LATE_MS) return { name, ok: true, found: `${found}; ${age}` }
  const advice = 'the worker applies it every hour: see its log, and whether it runs'
  return { name, ok: false, isWarning: true, found: `${found}; ${age}`, advice }
}
