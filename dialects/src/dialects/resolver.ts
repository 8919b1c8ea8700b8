import type { SpanKind } from '@weir/sdk/semconv'
import { viewOf } from '../native/view.ts'
import { attributeText, plainValue } from '../otlp/any-value.ts'
import { ARRAY, type AttributeList, EMPTY, INT, isEmpty, KVLIST, STRING } from '../otlp/attributes.ts'
import { int64At } from '../otlp/wire-reader.ts'
import { type CompiledDialects, type CompiledRule, KIND_BITS } from './compile.ts'
import type { Format } from './dialect.ts'
import { foldIndexed, isScalar } from './fold.ts'
import { JsonAttribute } from './json-attribute.ts'
import { FIELDS, type Field } from './precedence.ts'
import { NO_EVENTS, readEvents, type SpanEvents } from './span-events.ts'

const UNRANKED = 0x7fff_ffff
/** Added to the rank of a key that says an empty text: any key that says more wins. */
const EMPTY_TEXT = 0x1_0000
const DOT = '.'.charCodeAt(0)
const FIELD_NUMBER: ReadonlyMap<Field, number> = new Map(FIELDS.map((field, number) => [field, number]))

/** The number by which {@link Resolver} knows a field. */
export function fieldNumber(field: Field): number {
  return FIELD_NUMBER.get(field)!
}

/**
 * Finds the fields of one span after the other. Each attribute key is looked up once; what it says competes by rank for
 * the field's slot. Only slots that were filled are emptied for the next span. The state belongs to the span that was
 * resolved last.
 */
export class Resolver {
  readonly #dialects: CompiledDialects
  #bytes: Buffer = Buffer.alloc(0)
  #view: DataView = viewOf(this.#bytes)
  #attributes!: AttributeList
  kind: SpanKind = 'span'
  events: SpanEvents = NO_EVENTS
  /** By field: the attribute whose value it is, -1 where there is none or the value was computed. */
  readonly source: Int32Array = new Int32Array(FIELDS.length).fill(-1)
  readonly #computed: (string | undefined)[] = FIELDS.map(() => undefined)
  readonly #rank: Int32Array = new Int32Array(FIELDS.length).fill(UNRANKED)
  readonly #scale: Float64Array = new Float64Array(FIELDS.length)
  readonly #format: Format[] = FIELDS.map(() => 'unknown')
  readonly #filled: Int32Array = new Int32Array(FIELDS.length)
  #filledCount = 0
  readonly #resourceRank: Int32Array = new Int32Array(FIELDS.length).fill(UNRANKED)
  readonly #resourceText: string[] = FIELDS.map(() => '')
  readonly #resourceFields: number[] = []
  /** What the scope says of its spans. */
  #scopeRules: readonly CompiledRule[] = []
  /** The known keys of the span: the attribute, and the number of its key. */
  readonly #hitAttributes: number[] = []
  readonly #hitKeys: number[] = []
  #hits = 0
  readonly #familyHits: Set<number> = new Set()
  readonly #json: JsonAttribute = new JsonAttribute()

  constructor(dialects: CompiledDialects) {
    this.#dialects = dialects
  }

  /** Takes what the resource says for all spans until the next one. */
  resolveResource(bytes: Buffer, attributes: AttributeList): void {
    this.#look(bytes, attributes)
    this.#resourceRank.fill(UNRANKED)
    this.#resourceFields.length = 0
    for (let at = 0; at < attributes.count; at++) {
      const key = this.#dialects.keys.find(this.#view, attributes.keyStart[at]!, attributes.keyEnd[at]!)
      if (key < 0) continue
      for (const { field, rank, onResource, plain } of this.#dialects.rules[key]!) {
        const before = this.#resourceRank[field]!
        if (!onResource || !plain || rank >= before || isEmpty(attributes, at)) continue
        if (before === UNRANKED) this.#resourceFields.push(field)
        this.#resourceRank[field] = rank
        this.#resourceText[field] = attributeText(bytes, attributes, at)
      }
    }
  }

  /** Takes what the scope says of all spans until the next one. */
  resolveScope(bytes: Buffer, nameStart: number, nameEnd: number): void {
    const { scopeNames, scopeRules } = this.#dialects
    this.#scopeRules = scopeRules[scopeNames.find(viewOf(bytes), nameStart, nameEnd)] ?? []
  }

  /**
   * Resolves a span from its attributes and its events.
   * @param events start and end of each event by turns
   */
  resolve(bytes: Buffer, attributes: AttributeList, events: readonly number[]): void {
    this.#look(bytes, attributes)
    this.#empty()
    this.kind = this.#findKeys()
    const bit = KIND_BITS.get(this.kind)!
    const { rules } = this.#dialects
    for (let hit = 0; hit < this.#hits; hit++) {
      const said = rules[this.#hitKeys[hit]!]!
      for (const rule of said) {
        if ((rule.kinds & bit) !== 0 && rule.rank < this.#rank[rule.field]! && this.#isCompany(rule))
          this.#apply(rule, this.#hitAttributes[hit]!)
      }
    }
    for (const rule of this.#scopeRules) {
      if ((rule.kinds & bit) !== 0 && rule.rank < this.#rank[rule.field]! && this.#isCompany(rule))
        this.#set(rule.field, rule.rank, rule.is!, 'unknown')
    }
    this.#takeResource()
    if (this.#familyHits.size > 0) for (const family of this.#familyHits) this.#fold(family)
    this.events = events.length === 0 ? NO_EVENTS : readEvents(bytes, events, this.#dialects)
    if (this.events.messages.size > 0) this.#takeMessages()
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

  /** What the dialect says of an input's or output's text. */
  formatOf(field: number): Format {
    return this.#format[field]!
  }

  /** A field as a number in its unit, `otherwise` where nothing sensible says it. */
  number(field: number, otherwise: number): number {
    if (this.#rank[field] === UNRANKED) return otherwise
    const at = this.source[field]!
    if (at >= 0 && this.#attributes.type[at] === INT)
      return int64At(this.#bytes, this.#attributes.valueStart[at]!) * this.#scale[field]!
    const text = this.text(field)
    if (text === '') return otherwise
    const number = Number(text) * this.#scale[field]!
    return Number.isFinite(number) ? number : otherwise
  }

  #look(bytes: Buffer, attributes: AttributeList): void {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#view = viewOf(bytes)
    }
    this.#attributes = attributes
  }

  #empty(): void {
    for (let at = 0; at < this.#filledCount; at++) {
      const field = this.#filled[at]!
      this.#rank[field] = UNRANKED
      this.source[field] = -1
      this.#computed[field] = undefined
    }
    this.#filledCount = this.#hits = 0
    if (this.#familyHits.size > 0) this.#familyHits.clear()
    this.#json.forget()
  }

  /** Looks every key up, remembers the known ones and returns the kind. */
  #findKeys(): SpanKind {
    const { count, keyStart, keyEnd } = this.#attributes
    const { keys, kindRules } = this.#dialects
    let kind: SpanKind = 'span'
    let kindRank = UNRANKED
    for (let at = 0; at < count; at++) {
      const key = keys.find(this.#view, keyStart[at]!, keyEnd[at]!)
      if (key < 0) {
        this.#findFamily(keyStart[at]!, keyEnd[at]!)
        continue
      }
      this.#hitAttributes[this.#hits] = at
      this.#hitKeys[this.#hits++] = key
      const rule = kindRules[key]
      if (rule === undefined || rule.rank >= kindRank) continue
      const value = this.#valueOf(rule, at)
      if (value === '') continue
      kind = value as SpanKind
      kindRank = rule.rank
    }
    return kind
  }

  /** Whether the span has the attribute that the rule wants beside its own, and not the one that it excludes. */
  #isCompany({ withKey, withoutKey }: CompiledRule): boolean {
    if (withKey < 0 && withoutKey < 0) return true
    let found = withKey < 0
    for (let hit = 0; hit < this.#hits; hit++) {
      const key = this.#hitKeys[hit]!
      if (isEmpty(this.#attributes, this.#hitAttributes[hit]!)) continue
      if (key === withoutKey) return false
      if (key === withKey) found = true
    }
    return found
  }

  #findFamily(start: number, end: number): void {
    const { familyKeys, familyLengths } = this.#dialects
    for (let at = 0; at < familyLengths.length; at++) {
      const dot = start + familyLengths[at]!
      if (dot >= end || this.#bytes[dot] !== DOT) continue
      const family = familyKeys.find(this.#view, start, dot)
      if (family >= 0) this.#familyHits.add(family)
    }
  }

  /** Fills the field's slot, unless the attribute says nothing. The rule's rank is the best so far. */
  #apply(rule: CompiledRule, at: number): void {
    if (rule.plain) {
      let { rank } = rule
      if (isEmpty(this.#attributes, at)) {
        rank += EMPTY_TEXT
        if (!rule.mayBeEmpty || this.#attributes.type[at] === EMPTY || rank >= this.#rank[rule.field]!) return
      }
      this.#fill(rule.field, rank, rule.scale, rule.format)
      this.source[rule.field] = at
      this.#computed[rule.field] = undefined
      return
    }
    const value = this.#valueOf(rule, at)
    if (value === '') return
    this.#fill(rule.field, rule.rank, rule.scale, rule.format)
    this.source[rule.field] = -1
    this.#computed[rule.field] = value
  }

  #fill(field: number, rank: number, scale: number, format: Format): void {
    if (this.#rank[field] === UNRANKED) this.#filled[this.#filledCount++] = field
    this.#rank[field] = rank
    this.#scale[field] = scale
    this.#format[field] = format
  }

  /** What a rule reads out of an attribute; '' for nothing. */
  #valueOf(rule: CompiledRule, at: number): string {
    if (rule.is !== undefined)
      return rule.json === undefined || this.#json.scalar(this.#bytes, this.#attributes, at, rule.json) !== ''
        ? rule.is
        : ''
    const { values } = rule
    const { type, valueStart, valueEnd } = this.#attributes
    if (values !== undefined && rule.json === undefined && type[at] === STRING) {
      const meaning = values.meanings[values.keys.find(this.#view, valueStart[at]!, valueEnd[at]!)]
      if (meaning !== undefined || rule.read === undefined) return meaning ?? ''
    }
    const text = rule.json
      ? this.#json.scalar(this.#bytes, this.#attributes, at, rule.json)
      : attributeText(this.#bytes, this.#attributes, at)
    if (values !== undefined) {
      const bytes = Buffer.from(text)
      const meaning = values.meanings[values.keys.find(viewOf(bytes), 0, bytes.length)]
      if (meaning !== undefined || rule.read === undefined) return meaning ?? ''
    }
    return rule.read ? rule.read(text) : text
  }

  #takeResource(): void {
    for (let at = 0; at < this.#resourceFields.length; at++) {
      const field = this.#resourceFields[at]!
      const rank = this.#resourceRank[field]!
      if (rank < this.#rank[field]!) this.#set(field, rank, this.#resourceText[field]!, 'unknown')
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
    this.#set(family.field, family.rank, foldIndexed(entries, family.unwrap), 'json')
  }

  #takeMessages(): void {
    for (const [field, { rank, messages }] of this.events.messages) {
      if (rank < this.#rank[field]!) this.#set(field, rank, JSON.stringify(messages), 'json')
    }
  }

  #set(field: number, rank: number, text: string, format: Format): void {
    this.#fill(field, rank, 1, format)
    this.source[field] = -1
    this.#computed[field] = text
  }
}
