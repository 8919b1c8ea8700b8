import type { SpanKind } from '@weir/sdk/semconv'
import { SPAN_KINDS } from '@weir/sdk/semconv'
import type { Status } from '@weir/store/run-model'
import { KeyTable } from '../otlp/key-table.ts'
import type { Dialect, Family, Format, Rule } from './dialect.ts'
import { FIELDS, type Field, RESOURCE_FIELDS } from './field.ts'
import { PRECEDENCE, type Precedence } from './precedence.ts'

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
  readonly json: readonly string[] | undefined
  readonly read: ((text: string) => string) | undefined
  readonly format: Format
  readonly scale: number
  /** An empty text says something, unless another key says more. */
  readonly mayBeEmpty: boolean
  readonly onResource: boolean
}

/** What each value of an attribute means: `meanings` by the number of the value. */
interface CompiledValues {
  readonly keys: KeyTable
  readonly meanings: readonly string[]
}

interface CompiledMessage {
  readonly field: number
  readonly rank: number
  readonly role: string
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
  readonly messageNames: KeyTable
  readonly messages: readonly CompiledMessage[]
  readonly exceptions: ReadonlyMap<string, Status>
}

/** @throws TypeError where a dialect and the precedence table contradict each other */
export function compileDialects(
  dialects: readonly Dialect[],
  precedence: Precedence = PRECEDENCE,
): CompiledDialects {
  const placed = new Set<string>()
  const place = (field: Field, key: string): number => {
    const rank = precedence[field].indexOf(key)
    if (rank < 0) throw new TypeError(`precedence.ts has no place for ${key} among the keys of ${field}`)
    if (placed.has(`${field} ${key}`)) throw new TypeError(`two rules read ${field} from ${key}`)
    placed.add(`${field} ${key}`)
    return rank
  }
  const byKey = new Map<string, CompiledRule[]>()
  const families = new Map<string, CompiledFamily>()
  const messages = new Map<string, CompiledMessage>()
  for (const dialect of dialects) {
    for (const [key, rules] of Object.entries(dialect.attributes)) {
      const compiled = rules.map((rule) => compileRule(rule, place(rule.field, key)))
      byKey.set(key, [...(byKey.get(key) ?? []), ...compiled])
    }
    for (const [prefix, family] of Object.entries(dialect.families ?? {})) {
      families.set(prefix, compileFamily(family, prefix, place(family.field, `${prefix}.*`)))
    }
    for (const [name, { field, role }] of Object.entries(dialect.messages ?? {})) {
      messages.set(name, { field: FIELDS.indexOf(field), rank: place(field, `event:${name}`), role })
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
    messageNames: new KeyTable([...messages.keys()]),
    messages: [...messages.values()],
    exceptions: new Map(dialects.flatMap((dialect) => Object.entries(dialect.exceptions ?? {}))),
  }
}

function compileRule(rule: Rule, rank: number): CompiledRule {
  const { is, json, read, values, when } = rule
  if (rule.field === 'kind') checkKinds(is === undefined ? Object.values(values ?? {}) : [is])
  return {
    field: FIELDS.indexOf(rule.field),
    rank,
    kinds: when === undefined ? -1 : when.reduce((bits, kind) => bits | KIND_BITS.get(kind)!, 0),
    plain: is === undefined && json === undefined && read === undefined && values === undefined,
    values: values && { keys: new KeyTable(Object.keys(values)), meanings: Object.values(values) },
    is,
    json,
    read,
    format: rule.format ?? 'unknown',
    scale: rule.scale ?? 1,
    mayBeEmpty: rule.field === 'input' || rule.field === 'output',
    onResource: RESOURCE_FIELDS.includes(rule.field),
  }
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

function checkAllPlaced(placed: ReadonlySet<string>, precedence: Precedence): void {
  for (const field of FIELDS) {
    for (const key of precedence[field]) {
      if (!placed.has(`${field} ${key}`))
        throw new TypeError(`precedence.ts: no dialect reads ${field} from ${key}`)
    }
  }
}
