import { SPAN_KINDS, type SpanKind } from '@weir/sdk/semconv'
import type { Status } from '@weir/store/run-model'
import { KeyTable } from '../otlp/key-table.ts'
import type { Dialect, Family, Format, Rule } from './dialect.ts'
import { FIELDS, type Field, PRECEDENCE, type Precedence } from './precedence.ts'

/** Fields that may also be said once for all spans of a resource; a span's own key of the same rank wins. */
const RESOURCE_FIELDS: readonly Field[] = [
  'session',
  'user',
  'experiment',
  'case',
  'trial',
  'service',
  'version',
  'environment',
]

/** The bit of a kind in {@link CompiledRule.kinds}. */
export const KIND_BITS: ReadonlyMap<SpanKind, number> = new Map(SPAN_KINDS.map((kind, at) => [kind, 1 << at]))

/** A rule with its place: `field` indexes FIELDS, a lower `rank` wins. */
export interface CompiledRule {
  readonly field: number
  readonly rank: number
  /** Bit per kind, in the order of SPAN_KINDS. */
  readonly kinds: number
  /** The value is the attribute as it came, so that its bytes can be copied. */
  readonly plain: boolean
  readonly values: CompiledValues | undefined
  readonly is: string | undefined
  /** The key that has to be there too, or must not be: its number, -1 for none. */
  readonly withKey: number
  readonly withoutKey: number
  readonly json: CompiledPaths | undefined
  readonly read: ((text: string) => string) | undefined
  readonly format: Format
  readonly scale: number
  /** An empty text says something, unless another key says more. */
  readonly mayBeEmpty: boolean
  readonly onResource: boolean
}

/** Paths in an attribute's JSON text. A text without any of the words that may be there is not worth parsing. */
export interface CompiledPaths {
  readonly paths: readonly (readonly string[])[]
  readonly words: readonly Buffer[]
}

/** What each value of an attribute means: `meanings` by the number of the value. */
interface CompiledValues {
  readonly keys: KeyTable
  readonly meanings: readonly string[]
}

/** What an event of a name is: a message of a field, an exception, or the mark of the first token. */
type CompiledEvent =
  | { readonly field: number; readonly rank: number; readonly role: string }
  | 'exception'
  | 'firstToken'

/** What a span's name has around the label. */
interface Affix {
  readonly prefix: Buffer
  readonly suffix: Buffer
}

interface CompiledFamily {
  readonly field: number
  readonly rank: number
  readonly prefix: string
  readonly unwrap: string | undefined
}

/** All dialects in one: what a span costs depends on the attributes it has, not on how many dialects there are. */
export interface CompiledDialects {
  readonly keys: KeyTable
  /** By key number: what the key says about the kind, and about the rest. */
  readonly kindRules: readonly (CompiledRule | undefined)[]
  readonly rules: readonly (readonly CompiledRule[])[]
  readonly familyKeys: KeyTable
  readonly families: readonly CompiledFamily[]
  /** How long the families' names are, each length once. */
  readonly familyLengths: readonly number[]
  /** By the number of a scope's name: what it says of its spans. */
  readonly scopeNames: KeyTable
  readonly scopeRules: readonly (readonly CompiledRule[])[]
  readonly spanNames: ReadonlyMap<SpanKind, readonly Affix[]>
  readonly eventNames: KeyTable
  readonly events: readonly CompiledEvent[]
  readonly exceptions: ReadonlyMap<string, Status>
}

/**
 * @param dialects keys that the precedence table does not name rank behind those that it names, in this order
 * @throws TypeError where a dialect and the precedence table contradict each other
 */
export function compileDialects(
  dialects: readonly Dialect[],
  precedence: Precedence = PRECEDENCE,
): CompiledDialects {
  const placed = new Map<string, number>()
  const order = Object.fromEntries(FIELDS.map((field) => [field, [...precedence[field]]])) as Record<
    Field,
    string[]
  >
  /** @param kinds of the spans that a rule is for: several rules may share a key that are never for one span */
  const place = (field: Field, key: string, kinds = -1): number => {
    const keysOf = order[field]
    if (!keysOf.includes(key)) keysOf.push(key)
    const taken = placed.get(`${field} ${key}`) ?? 0
    if ((taken & kinds) !== 0) throw new TypeError(`two rules read ${field} from ${key}`)
    placed.set(`${field} ${key}`, taken | kinds)
    return keysOf.indexOf(key)
  }
  const names = [...new Set(dialects.flatMap(({ attributes }) => Object.keys(attributes)))]
  const keyNumber = (key: string | undefined): number => {
    if (key !== undefined && !names.includes(key)) throw new TypeError(`no dialect has the key ${key}`)
    return key === undefined ? -1 : names.indexOf(key)
  }
  const compile = (key: string, rule: Rule): CompiledRule =>
    compileRule(rule, place(rule.field, key, kindsOf(rule)), keyNumber)
  const byKey = new Map<string, CompiledRule[]>(names.map((key) => [key, []]))
  const families = new Map<string, CompiledFamily>()
  const scopes = new Map<string, CompiledRule[]>()
  const events = new Map<string, CompiledEvent>([['exception', 'exception']])
  const spanNames = new Map<SpanKind, Affix[]>()
  for (const dialect of dialects) {
    for (const [key, rules] of Object.entries(dialect.attributes)) {
      for (const rule of rules) byKey.get(key)!.push(compile(key, rule))
    }
    for (const [scope, rules] of Object.entries(dialect.scopes ?? {})) {
      scopes.set(
        scope,
        rules.map((rule) => compile(`scope:${scope}`, rule)),
      )
    }
    for (const [prefix, family] of Object.entries(dialect.families ?? {})) {
      families.set(prefix, compileFamily(family, prefix, place(family.field, `${prefix}.*`)))
    }
    for (const [name, { field, role }] of Object.entries(dialect.messages ?? {})) {
      events.set(name, { field: FIELDS.indexOf(field), rank: place(field, `event:${name}`), role })
    }
    for (const name of dialect.firstToken ?? []) events.set(name, 'firstToken')
    for (const [kind, patterns] of Object.entries(dialect.spanNames ?? {})) {
      const known = spanNames.get(kind as SpanKind) ?? []
      spanNames.set(kind as SpanKind, [...known, ...patterns.map(compileAffix)])
    }
  }
  checkAllPlaced(placed, precedence)
  const isKind = (rule: CompiledRule) => FIELDS[rule.field] === 'kind'
  return {
    keys: new KeyTable([...byKey.keys()]),
    kindRules: [...byKey.values()].map((rules) => rules.find(isKind)),
    rules: [...byKey.values()].map((rules) => rules.filter((rule) => !isKind(rule))),
    familyKeys: new KeyTable([...families.keys()]),
    families: [...families.values()],
    familyLengths: [...new Set([...families.keys()].map((prefix) => Buffer.byteLength(prefix)))],
    scopeNames: new KeyTable([...scopes.keys()]),
    scopeRules: [...scopes.values()],
    spanNames,
    eventNames: new KeyTable([...events.keys()]),
    events: [...events.values()],
    exceptions: new Map(dialects.flatMap((dialect) => Object.entries(dialect.exceptions ?? {}))),
  }
}

/** Bit per kind that a rule is for, in the order of SPAN_KINDS. */
function kindsOf({ when }: Rule): number {
  return when === undefined ? -1 : when.reduce((bits, kind) => bits | KIND_BITS.get(kind)!, 0)
}

function compileRule(rule: Rule, rank: number, keyNumber: (key: string | undefined) => number): CompiledRule {
  const { is, json, read, values } = rule
  if (rule.field === 'kind') checkKinds(is === undefined ? Object.values(values ?? {}) : [is])
  return {
    field: FIELDS.indexOf(rule.field),
    rank,
    kinds: kindsOf(rule),
    plain: is === undefined && json === undefined && read === undefined && values === undefined,
    values: values && { keys: new KeyTable(Object.keys(values)), meanings: Object.values(values) },
    is,
    withKey: keyNumber(rule.with),
    withoutKey: keyNumber(rule.without),
    json: json && compilePaths(json, values),
    read,
    format: rule.format ?? 'unknown',
    scale: rule.scale ?? 1,
    mayBeEmpty: rule.field === 'input' || rule.field === 'output',
    onResource: RESOURCE_FIELDS.includes(rule.field),
  }
}

function compilePaths(json: readonly string[], values: Rule['values']): CompiledPaths {
  const paths = json.map((path) => path.split('.'))
  const words = new Set(values ? Object.keys(values) : paths.map((path) => path.at(-1)!))
  return { paths, words: [...words].map((word) => Buffer.from(`"${word}"`)) }
}

function compileAffix(pattern: string): Affix {
  const [prefix, suffix, ...more] = pattern.split('*')
  if (suffix === undefined || more.length > 0) throw new TypeError(`${pattern} needs one *, the label`)
  return { prefix: Buffer.from(prefix!), suffix: Buffer.from(suffix) }
}

function compileFamily(family: Family, prefix: string, rank: number): CompiledFamily {
  return { field: FIELDS.indexOf(family.field), rank, prefix, unwrap: family.unwrap }
}

function checkKinds(kinds: readonly string[]): void {
  const unknown = kinds.filter((kind) => !SPAN_KINDS.includes(kind as SpanKind))
  if (kinds.length > 0 && unknown.length === 0) return
  throw new TypeError(
    `a rule for kind gives ${unknown.join(', ') || 'nothing'}, expected some of ${SPAN_KINDS.join(', ')}`,
  )
}

function checkAllPlaced(placed: ReadonlyMap<string, number>, precedence: Precedence): void {
  for (const field of FIELDS) {
    for (const key of precedence[field]) {
      if (!placed.has(`${field} ${key}`))
        throw new TypeError(`precedence.ts: no dialect reads ${field} from ${key}`)
    }
  }
}
