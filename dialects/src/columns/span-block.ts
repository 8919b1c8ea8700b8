import { SPAN_COLUMNS } from '@weir/store'
import { DIALECTS } from '../dialects/all.ts'
import { Block } from '../native/block.ts'
import { DictionaryColumn } from '../native/dictionary-column.ts'
import { OversizeError } from '../otlp/limits.ts'
import { OwnerView, type RequestVisitor, walkRequest } from '../otlp/request.ts'
import type { SpanView } from '../otlp/span.ts'
import { Prices } from '../prices/prices.ts'
import type { Cut } from './cuts.ts'
import { isValidId } from './ids.ts'
import { resourceJson, scopeJson } from './otlp-json.ts'
import { SpanColumns } from './span-columns.ts'

/** How many spans of a request were taken, and how many were refused for their ids. */
export interface Appended {
  readonly accepted: number
  readonly invalid: number
}

/** Rows, events, links and kilobytes that are written between two looks at the size. */
const CHECK_EVERY = 2000

/** Spans of any number of requests as one block of the table `spans`. */
export class SpanBlock implements RequestVisitor {
  readonly #block: Block = new Block(SPAN_COLUMNS)
  readonly #spans: SpanColumns
  readonly #project: DictionaryColumn
  readonly #resource: DictionaryColumn
  readonly #scope: DictionaryColumn
  readonly #maxBytes: number
  /** Of the spans that come next. What they say is written once there is a span to store, and only then. */
  #owners = { resource: new OwnerView(), scope: new OwnerView() }
  #isResourceDue = false
  #isScopeDue = false
  /** Of the resource: fields that it says are written with every span. */
  #kilobytes = 0
  #cuts: readonly Cut[] = []
  #unchecked = 0
  #limit = 0
  #size = 0
  #invalid = 0

  /**
   * @param maxBytes limit of what one request may become
   * @param prices by which the cost of tokens is estimated where nobody says it
   */
  constructor(maxBytes: number = Number.POSITIVE_INFINITY, prices: Prices = new Prices()) {
    this.#maxBytes = maxBytes
    this.#spans = new SpanColumns(this.#block, DIALECTS, prices)
    this.#project = this.#block.column('project', DictionaryColumn)
    this.#resource = this.#block.column('resource', DictionaryColumn)
    this.#scope = this.#block.column('scope', DictionaryColumn)
  }

  get rows(): number {
    return this.#block.rows
  }

  /** Bytes of the requests that were added since the block was last taken. */
  get size(): number {
    return this.#size
  }

  /**
   * Adds the spans of one request in protobuf to a project, all or none.
   * @param cuts texts that the request had longer
   * @throws DecodeError where the request is broken
   * @throws OversizeError where its rows would be larger than the limit, which what a resource says once and every span
   * repeats can make them, or where it has too many messages
   */
  append(request: Buffer, project: string, cuts: readonly Cut[] = []): Appended {
    const before = this.#block.rows
    this.#invalid = 0
    this.#cuts = cuts
    this.#limit = this.#size + this.#maxBytes
    this.#block.mark()
    this.#project.text(before, project)
    this.#spans.project = project
    try {
      walkRequest(request, this)
    } catch (error) {
      this.#block.rollback()
      throw error
    }
    const accepted = this.#block.rows - before
    // Without rows, nothing would ever take the block, and what resources say would pile up.
    if (accepted === 0) this.#block.rollback()
    else this.#size = this.#block.size
    return { accepted, invalid: this.#invalid }
  }

  /** The block in ClickHouse's Native format, valid until the next one is taken; this one is empty afterwards. */
  take(): Buffer {
    this.#size = 0
    return this.#block.take()
  }

  resource(_bytes: Buffer, resource: OwnerView): void {
    this.#owners.resource = resource
    this.#isResourceDue = true
  }

  scope(_bytes: Buffer, scope: OwnerView): void {
    this.#owners.scope = scope
    this.#isScopeDue = true
  }

  span(bytes: Buffer, span: SpanView): void {
    const valid =
      isValidId(bytes, span.traceIdStart, span.traceIdEnd, 16) &&
      isValidId(bytes, span.spanIdStart, span.spanIdEnd, 8)
    if (!valid) {
      this.#invalid += 1
      return
    }
    if (this.#isScopeDue) this.#writeOwners(bytes)
    this.#unchecked += 1 + this.#kilobytes + span.events.length + span.links.length
    if (this.#unchecked > CHECK_EVERY) this.#checkSize()
    this.#spans.writeRow(bytes, span, this.#cuts)
  }

  #writeOwners(bytes: Buffer): void {
    const { resource, scope } = this.#owners
    this.#isScopeDue = false
    this.#scope.text(this.#block.rows, scopeJson(bytes, scope))
    this.#spans.resolver.resolveScope(bytes, scope.nameStart, scope.nameEnd)
    if (!this.#isResourceDue) return
    this.#isResourceDue = false
    const json = resourceJson(bytes, resource)
    this.#kilobytes = json.length / 1024
    this.#resource.text(this.#block.rows, json)
    this.#spans.resolver.resolveResource(bytes, resource.attributes)
  }

  #checkSize(): void {
    this.#unchecked = 0
    if (this.#block.size <= this.#limit) return
    throw new OversizeError(
      `the spans take more than ${this.#maxBytes} bytes when stored. Send smaller batches`,
    )
  }
}
