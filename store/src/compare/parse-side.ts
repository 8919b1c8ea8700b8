import { parseWindow } from './parse-window.ts'
import { CompareError, type Side, type SideRestriction } from './side.ts'

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
