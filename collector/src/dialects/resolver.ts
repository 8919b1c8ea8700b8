import type { SpanKind } from '@weir/sdk/semconv'
import { attributeText, plainValue } from '../decode/any-value.ts'
import { ARRAY, type AttributeList, EMPTY, INT, KVLIST, STRING } from '../decode/attributes.ts'
import { int64Number, WireReader } from '../decode/wire.ts'
import { type CompiledDialects, type CompiledRule, kindBit } from './compile.ts'
import { FIELDS, type Field } from './field.ts'
import { foldIndexed } from './fold.ts'
import { readMessages } from './messages.ts'

const UNRANKED = 0x7fff_ffff
const DOT = '.'.charCodeAt(0)
const FIELD_NUMBER: ReadonlyMap<Field, number> = new Map(FIELDS.map((field, number) => [field, number]))

/** The number by which {@link Resolver} knows a field. */
export function fieldNumber(field: Field): number {
  return FIELD_NUMBER.get(field)!
}

/**
 * Finds the fields of one span after the other. Each attribute key is looked up once; what it says competes by rank.
 * The state belongs to the span that was resolved last.
 */
export class Resolver {
  readonly #dialects: CompiledDialects
  #bytes: Buffer = Buffer.alloc(0)
  #attributes!: AttributeList
  kind: SpanKind = 'span'
  /** By field: the attribute whose value it is, -1 where there is none or the value was computed. */
  readonly source: Int32Array = new Int32Array(FIELDS.length)
  readonly #computed: (string | undefined)[] = FIELDS.map(() => undefined)
  readonly #rank: Int32Array = new Int32Array(FIELDS.length)
  readonly #scale: Float64Array = new Float64Array(FIELDS.length)
  readonly #resourceRank: Int32Array = new Int32Array(FIELDS.length).fill(UNRANKED)
  readonly #resourceText: string[] = FIELDS.map(() => '')
  readonly #hitAttributes: number[] = []
  readonly #hitKeys: number[] = []
  readonly #familyHits: number[] = []
  #json: unknown
  #jsonOf = -1

  constructor(dialects: CompiledDialects) {
    this.#dialects = dialects
  }

  /** Takes what the resource says for all spans until the next one. */
  resolveResource(bytes: Buffer, attributes: AttributeList): void {
    this.#resourceRank.fill(UNRANKED)
    for (let at = 0; at < attributes.count; at++) {
      const key = this.#dialects.keys.find(bytes, attributes.keyStart[at]!, attributes.keyEnd[at]!)
      if (key < 0) continue
      for (const { field, rank, onResource, plain } of this.#dialects.rules[key]!) {
        if (!onResource || !plain || rank >= this.#resourceRank[field]! || isEmpty(attributes, at)) continue
        this.#resourceRank[field] = rank
        this.#resourceText[field] = attributeText(bytes, attributes, at)
      }
    }
  }

  /**
   * Resolves a span from its attributes and its events.
   * @param events start and end of each event by turns
   */
  resolve(bytes: Buffer, attributes: AttributeList, events: readonly number[]): void {
    this.#bytes = bytes
    this.#attributes = attributes
    this.source.fill(-1)
    this.#rank.fill(UNRANKED)
    this.#computed.fill(undefined)
    this.#hitAttributes.length = this.#hitKeys.length = this.#familyHits.length = 0
    this.#jsonOf = -1
    this.kind = this.#findKeys()
    const bit = kindBit(this.kind)
    for (let hit = 0; hit < this.#hitKeys.length; hit++) {
      const rules = this.#dialects.rules[this.#hitKeys[hit]!]!
      for (const rule of rules) if ((rule.kinds & bit) !== 0) this.#apply(rule, this.#hitAttributes[hit]!)
    }
    this.#takeResource()
    if (this.#familyHits.length > 0) for (const family of new Set(this.#familyHits)) this.#fold(family)
    if (events.length > 0) this.#takeMessages(events)
  }

  /** True where something says the field. */
  has(field: number): boolean {
    return this.#rank[field] !== UNRANKED
  }

  /** Text of a field, '' where nothing says it. */
  text(field: number): string {
    const computed = this.#computed[field]
    if (computed !== undefined) return computed
    const at = this.source[field]!
    if (at < 0) return ''
    const type = this.#attributes.type[at]!
    if (type === ARRAY || type === KVLIST)
      return JSON.stringify(plainValue(this.#bytes, this.#attributes, at))
    return attributeText(this.#bytes, this.#attributes, at)
  }

  /** A field as a number in its unit, `otherwise` where nothing sensible says it. */
  number(field: number, otherwise: number): number {
    if (!this.has(field)) return otherwise
    const at = this.source[field]!
    if (at >= 0 && this.#attributes.type[at] === INT) return this.#int(at) * this.#scale[field]!
    const text = this.text(field)
    if (text === '') return otherwise
    const number = Number(text) * this.#scale[field]!
    return Number.isFinite(number) ? number : otherwise
  }

  #int(at: number): number {
    const reader = new WireReader(this.#bytes)
    reader.pos = this.#attributes.valueStart[at]!
    reader.varint()
    return int64Number(reader.low, reader.high)
  }

  /** Looks every key up, remembers the known ones and returns the kind. */
  #findKeys(): SpanKind {
    const { count, keyStart, keyEnd } = this.#attributes
    const { keys, kindRules } = this.#dialects
    let kind: SpanKind = 'span'
    let kindRank = UNRANKED
    for (let at = 0; at < count; at++) {
      const key = keys.find(this.#bytes, keyStart[at]!, keyEnd[at]!)
      if (key < 0) {
        this.#findFamily(keyStart[at]!, keyEnd[at]!)
        continue
      }
      this.#hitAttributes.push(at)
      this.#hitKeys.push(key)
      const rule = kindRules[key]
      if (rule === undefined || rule.rank >= kindRank) continue
      const value = this.#valueOf(rule, at)
      if (value === '') continue
      kind = value as SpanKind
      kindRank = rule.rank
    }
    return kind
  }

  #findFamily(start: number, end: number): void {
    let dot = start
    for (let dots = 0; dot < end; dot++) if (this.#bytes[dot] === DOT && ++dots === 2) break
    if (dot >= end) return
    const family = this.#dialects.familyKeys.find(this.#bytes, start, dot)
    if (family >= 0) this.#familyHits.push(family)
  }

  #apply(rule: CompiledRule, at: number): void {
    const { field } = rule
    if (rule.rank >= this.#rank[field]!) return
    if (rule.plain) {
      if (isEmpty(this.#attributes, at)) return
      this.source[field] = at
      this.#computed[field] = undefined
    } else {
      const value = this.#valueOf(rule, at)
      if (value === '') return
      this.source[field] = -1
      this.#computed[field] = value
    }
    this.#rank[field] = rule.rank
    this.#scale[field] = rule.scale
  }

  /** What a rule reads out of an attribute; '' for nothing. */
  #valueOf(rule: CompiledRule, at: number): string {
    if (rule.is !== undefined) return rule.is
    const text = rule.json ? this.#atPath(at, rule.json) : attributeText(this.#bytes, this.#attributes, at)
    if (rule.values !== undefined) return rule.values.get(text) ?? ''
    return rule.read ? rule.read(text) : text
  }

  /** The scalar at a path of an attribute's JSON text; the text is parsed once per span. */
  #atPath(at: number, path: readonly string[]): string {
    if (this.#jsonOf !== at) {
      this.#jsonOf = at
      this.#json = parsedOrUndefined(attributeText(this.#bytes, this.#attributes, at))
    }
    let value = this.#json
    for (const segment of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return ''
      value = (value as Record<string, unknown>)[segment]
    }
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  }

  #takeResource(): void {
    for (let field = 0; field < FIELDS.length; field++) {
      const rank = this.#resourceRank[field]!
      if (rank < this.#rank[field]!) this.#set(field, rank, this.#resourceText[field]!)
    }
  }

  #fold(number: number): void {
    const family = this.#dialects.families[number]!
    if (family.rank >= this.#rank[family.field]!) return
    const { count, keyStart, keyEnd } = this.#attributes
    const prefix = `${family.prefix}.`
    const entries: [string, string | number | boolean][] = []
    for (let at = 0; at < count; at++) {
      const key = this.#bytes.toString('utf8', keyStart[at]!, keyEnd[at]!)
      if (!key.startsWith(prefix) || isEmpty(this.#attributes, at)) continue
      const value = plainValue(this.#bytes, this.#attributes, at)
      entries.push([key.slice(prefix.length), isScalar(value) ? value : JSON.stringify(value)])
    }
    if (entries.length === 0) return
    this.#set(family.field, family.rank, foldIndexed(entries, family.unwrap))
  }

  #takeMessages(events: readonly number[]): void {
    for (const [field, { rank, messages }] of readMessages(this.#bytes, events, this.#dialects)) {
      if (rank < this.#rank[field]!) this.#set(field, rank, JSON.stringify(messages))
    }
  }

  #set(field: number, rank: number, text: string): void {
    this.#rank[field] = rank
    this.#scale[field] = 1
    this.source[field] = -1
    this.#computed[field] = text
  }
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/** An empty value or text says nothing about any field. */
function isEmpty(attributes: AttributeList, at: number): boolean {
  const type = attributes.type[at]!
  return type === EMPTY || (type === STRING && attributes.valueStart[at] === attributes.valueEnd[at])
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
