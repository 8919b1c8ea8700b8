import { UsageError } from '@weir/config'
/** Half open: `from` <= start < `to`. */
export interface Window {
  readonly from: Date
  readonly to: Date
}

/** Narrows a side further. A side without `source` takes production runs, except of an experiment. */
export interface SideRestriction {
  readonly window?: Window
  readonly version?: string
  readonly environment?: string
  readonly service?: string
  readonly source?: 'production' | 'experiment'
}

/** Which runs of a flow one side of a comparison is. */
export type Side = SideRestriction &
  (
    | { readonly kind: 'version'; readonly version: string }
    | { readonly kind: 'window'; readonly window: Window }
    | { readonly kind: 'environment'; readonly environment: string }
    | { readonly kind: 'experiment'; readonly experimentId: string }
    | { readonly kind: 'baseline'; readonly name: string; readonly evaluation?: string }
  )

/** A side that does not exist or cannot be read. */
export class CompareError extends UsageError {
  override readonly code: string = 'COMPARE'
}

const KINDS = ['version', 'environment', 'window', 'experiment', 'baseline'] as const
const RESTRICTIONS = ['version', 'environment', 'window', 'service', 'source', 'evaluation'] as const
type Key = (typeof KINDS)[number] | (typeof RESTRICTIONS)[number]
const EXAMPLES =
  'version=2, environment=prod, window=24h, window=2026-11-01..2026-11-08, experiment=<id> or baseline=main'

/**
 * Reads a side as the command line and URLs write it: `key=value` pairs separated by commas. The first key says what the
 * side is, the others narrow it: `version=2,environment=prod,window=24h`. A value with a comma, with spaces at its ends or
 * without a character is a JSON string: `version="1,2"`.
 *
 * @param now - what relative windows count back from
 * @throws CompareError naming what came and what was expected
 */
export function parseSide(text: string, now: Date = new Date()): Side {
  const pairs = readPairs(text)
  const [kind] = pairs.keys()
  const restriction = readRestriction(pairs, now)
  const value = pairs.get(kind!)!
  switch (kind) {
    case 'version':
      return { kind, ...restriction, version: value }
    case 'environment':
      return { kind, ...restriction, environment: value }
    case 'window':
      return { kind, ...restriction, window: parseWindow(value, now) }
    case 'experiment':
      return { kind, ...restriction, experimentId: value }
    case 'baseline':
      return { kind, ...restriction, name: value, ...pick(pairs, 'evaluation') }
    default:
      throw new CompareError(
        `"${text}" starts with "${kind}", which only narrows a side. Begin with ${EXAMPLES}.`,
      )
  }
}

/** A part, up to the comma after it: `key="value"` or anything without a comma. */
const PART = /(?<=^|,)(?:([^=,]*)=\s*("(?:[^"\\]|\\.)*")\s*|([^,]*))(?:,|$)/gy

function readPairs(text: string): Map<Key, string> {
  const pairs = new Map<Key, string>()
  for (const [whole, quotedKey, quoted, plain = ''] of text.matchAll(PART)) {
    const split = plain.indexOf('=')
    const key = (quotedKey ?? plain.slice(0, Math.max(0, split))).trim()
    const value = quoted === undefined ? plain.slice(split + 1).trim() : unquoted(quoted)
    if (quoted === undefined ? split < 0 || value === '' : value === undefined)
      throw new CompareError(
        `"${whole.replace(/,$/, '')}" is not a side of a comparison. Expected ${EXAMPLES}.`,
      )
    if (!isKey(key))
      throw new CompareError(
        `"${key}" is not a part of a side. Expected ${[...new Set([...KINDS, ...RESTRICTIONS])].join(', ')}.`,
      )
    if (pairs.has(key)) throw new CompareError(`"${text}" names ${key} twice.`)
    pairs.set(key, value!)
  }
  if (pairs.has('evaluation') && !pairs.has('baseline'))
    throw new CompareError(
      `"${text}" names an evaluation, which only says whose baseline is meant: baseline=main,evaluation=<name>.`,
    )
  return pairs
}

/** Undefined where JSON cannot read it. */
function unquoted(text: string): string | undefined {
  try {
    return JSON.parse(text) as string
  } catch {
    return undefined
  }
}

function isKey(key: string): key is Key {
  return (KINDS as readonly string[]).includes(key) || (RESTRICTIONS as readonly string[]).includes(key)
}

function readRestriction(pairs: Map<Key, string>, now: Date): SideRestriction {
  const window = pairs.get('window')
  const source = pairs.get('source')
  if (source !== undefined && source !== 'production' && source !== 'experiment')
    throw new CompareError(`source=${source} is unknown, expected source=production or source=experiment.`)
  return {
    ...pick(pairs, 'version'),
    ...pick(pairs, 'environment'),
    ...pick(pairs, 'service'),
    ...(source === undefined ? {} : { source }),
    ...(window === undefined ? {} : { window: parseWindow(window, now) }),
  }
}

function pick<K extends Key>(pairs: Map<Key, string>, key: K): { readonly [P in K]?: string } {
  const value = pairs.get(key)
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: string }
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** The latest start that can be stored is in nanoseconds. */
const LAST_START_MS = Number((2n ** 63n - 1n) / 1_000_000n)

/**
 * Reads `24h` (back from now), `48h..24h`, `2026-11-01..2026-11-08` or `2026-11-01T12:00Z..`; dates without a time begin
 * at midnight UTC, and a missing end is now.
 */
export function parseWindow(text: string, now: Date): Window {
  const [first = '', second, ...more] = text.split('..')
  if (more.length > 0) throw wrong(text)
  const from = parsePoint(first, now)
  const to = second === undefined || second === '' ? now : parsePoint(second, now)
  if (from === undefined || to === undefined) throw wrong(text)
  if (from.getTime() < 0 || to.getTime() > LAST_START_MS) {
    throw new CompareError(
      `window=${text} is beyond the times that are stored. Expected it between 1970-01-01 and 2262-04-11 (UTC).`,
    )
  }
  if (from >= to) throw new CompareError(`window=${text} is empty: it begins at or after its end.`)
  return { from, to }
}

function parsePoint(text: string, now: Date): Date | undefined {
  const point = toDate(text, now)
  return point === undefined || Number.isNaN(point.getTime()) ? undefined : point
}

/** An invalid date where the text is out of the range of dates. */
function toDate(text: string, now: Date): Date | undefined {
  const ago = /^(\d+)([mhdw])$/.exec(text)
  if (ago) return new Date(now.getTime() - Number(ago[1]) * UNITS[ago[2]!]!)
  const date = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?$/.exec(text)
  if (!date) return undefined
  return new Date(date[1] === undefined || text.endsWith('Z') ? text : `${text}Z`)
}

function wrong(text: string): CompareError {
  return new CompareError(
    `window=${text} is not a window. Expected window=24h (m, h, d or w), window=48h..24h or window=2026-11-01..2026-11-08 (UTC).`,
  )
}

/** Writes a side so that `parseSide` reads the same side again. */
export function formatSide(side: Side): string {
  const { window, version, environment, service, source } = side
  const pairs = new Map<string, string | undefined>([[side.kind, undefined]])
  if (side.kind === 'experiment') pairs.set('experiment', side.experimentId)
  if (side.kind === 'baseline') pairs.set('baseline', side.name).set('evaluation', side.evaluation)
  pairs.set('version', version).set('environment', environment).set('service', service).set('source', source)
  if (window) pairs.set('window', `${window.from.toISOString()}..${window.to.toISOString()}`)
  return [...pairs]
    .flatMap(([key, value]) => (value === undefined ? [] : `${key}=${quoted(value)}`))
    .join(',')
}

/** What would not be read as it stands, because of a comma or of its ends, is written as a JSON string. */
function quoted(value: string): string {
  return value === '' || /^[\s"]|,|\s$/.test(value) ? JSON.stringify(value) : value
}

/** A side in words, without its restrictions: "version 2", "experiment 1f3a". */
export function describeSide(side: Side): string {
  switch (side.kind) {
    case 'version':
      return `version ${side.version || '(none)'}`
    case 'environment':
      return `environment ${side.environment || '(none)'}`
    case 'window':
      return `runs from ${describeWindow(side.window)}`
    case 'experiment':
      return `experiment ${side.experimentId}`
    case 'baseline':
      return `baseline ${side.name}`
  }
}

/** To the minute, in UTC. */
export function describeWindow({ from, to }: Window): string {
  const text = (date: Date) => `${date.toISOString().slice(0, 16).replace('T', ' ')}`
  return `${text(from)} to ${text(to)} UTC`
}
