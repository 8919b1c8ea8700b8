import type { OwnedSpan } from './span-file.ts'

const MAX_SPANS = 1000
const MAX_BYTES = 4 * 1024 * 1024

/** Spans that are sent together. */
export class Batch {
  readonly spans: OwnedSpan[] = []
  #bytes = 0

  get isFull(): boolean {
    return this.spans.length >= MAX_SPANS || this.#bytes >= MAX_BYTES
  }

  add(span: OwnedSpan): void {
    // The slice of a chunk would keep the whole chunk.
    this.spans.push({ ...span, text: Buffer.from(span.text) })
    this.#bytes += span.text.length
  }

  clear(): void {
    this.spans.length = this.#bytes = 0
  }
}

/** An ExportTraceServiceRequest in OTLP/JSON; spans that follow each other share what they have in common. */
export function requestOf(spans: readonly OwnedSpan[]): string {
  let text = '{"resourceSpans":['
  let before: OwnedSpan | undefined
  for (const span of spans) {
    const sameResource = before?.resource === span.resource
    if (sameResource && before?.scope === span.scope) text += ','
    else {
      if (before !== undefined) text += sameResource ? ']},' : ']}]},'
      if (!sameResource) text += `{${span.resource}"scopeSpans":[`
      text += `{${span.scope}"spans":[`
    }
    text += span.text
    before = span
  }
  return `${text}${before === undefined ? '' : ']}]}'}]}`
}
