import { cutText } from '@weir/store/text'
import { type JsonCursor, JsonTextError } from './json-cursor.ts'

/** Told what a text of OTLP/JSON trace requests holds, in its order. Members are `"key":value` as they are in the text. */
export interface RequestVisitor {
  openResource(): void
  resourceMember(member: string): void
  openScope(): void
  scopeMember(member: string): void
  /** The text of one span. */
  span(text: Buffer): void | Promise<void>
}

/**
 * Walks any number of ExportTraceServiceRequests in OTLP/JSON, one after the other: a single document, or JSON lines.
 * Spans are handed on as the bytes that they are, so that no number is rounded.
 * @throws JsonTextError
 */
export async function walkRequests(cursor: JsonCursor, visitor: RequestVisitor): Promise<void> {
  while ((await cursor.start()) !== '') {
    await cursor.object(async (key) => {
      if (key !== 'resourceSpans') return cursor.value()
      return items(cursor, () => walkResource(cursor, visitor))
    })
  }
}

async function walkResource(cursor: JsonCursor, visitor: RequestVisitor): Promise<void> {
  visitor.openResource()
  await cursor.object(async (key) => {
    if (key !== 'scopeSpans') return visitor.resourceMember(await member(cursor, key))
    return items(cursor, () => walkScope(cursor, visitor))
  })
}

async function walkScope(cursor: JsonCursor, visitor: RequestVisitor): Promise<void> {
  visitor.openScope()
  await cursor.object(async (key) => {
    if (key !== 'spans') return visitor.scopeMember(await member(cursor, key))
    return items(cursor, async () => visitor.span(await cursor.value()))
  })
}

/** The objects of an array; null is the same as none. */
async function items(cursor: JsonCursor, item: () => Promise<void>): Promise<void> {
  const next = await cursor.peek()
  if (next === '[')
    return cursor.array(async () => ((await cursor.peek()) === '{' ? item() : nothing(cursor)))
  return nothing(cursor)
}

async function nothing(cursor: JsonCursor): Promise<void> {
  const { offset } = cursor
  const text = String(await cursor.value())
  if (text !== 'null')
    throw new JsonTextError(`${cutText(text, 20)} at byte ${offset}, expected an array of objects`)
}

async function member(cursor: JsonCursor, key: string): Promise<string> {
  const value = await cursor.value()
  cursor.parse(value)
  return `${JSON.stringify(key)}:${value}`
}
