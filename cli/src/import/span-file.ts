import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { UsageError } from '@weir/config'
import { JsonCursor, JsonTextError } from './json-cursor.ts'
import { type RequestVisitor, walkRequests } from './trace-request.ts'

/** A span and the members of the ResourceSpans and the ScopeSpans that it is in, all as JSON text. */
export interface OwnedSpan {
  readonly resource: string
  readonly scope: string
  readonly text: Buffer
}

/** A file of OTLP/JSON: a document, or JSON lines; compressed where its name ends in `.gz`. */
export interface SpanFile {
  readonly path: string
  readonly spans: number
  /** Hands on every span; what is returned is awaited before the next one is read. */
  read(visit: (span: OwnedSpan) => void | Promise<void>): Promise<void>
}

/**
 * Looks through a file. What a span belongs to may be written after it, so the owners are collected here, and the spans
 * are read in a second pass.
 * @throws WeirError where the file cannot be read, or is not what it should be
 */
export async function openSpanFile(path: string): Promise<SpanFile> {
  const owners = new Owners()
  await walk(path, owners)
  if (owners.spans === 0)
    throw new UsageError(`${path} holds no span, expected OTLP/JSON: {"resourceSpans":[...]}`)
  return {
    path,
    spans: owners.spans,
    read: (visit) => walk(path, owners.reader(visit)),
  }
}

async function walk(path: string, visitor: RequestVisitor): Promise<void> {
  try {
    await walkRequests(new JsonCursor(chunksOf(path)), visitor)
  } catch (error) {
    if (error instanceof JsonTextError)
      throw new UsageError(`${path} is not OTLP/JSON: ${error.message}`, { cause: error })
    throw unreadable(path, error as Error) ?? error
  }
}

/** What to say of an error if it is that the file cannot be read. */
export function unreadable(path: string, error: NodeJS.ErrnoException): UsageError | undefined {
  const { code, syscall, message } = error
  const isUnreadable =
    syscall !== undefined || code?.startsWith('Z_') || code === 'ERR_STREAM_PREMATURE_CLOSE'
  return isUnreadable ? new UsageError(`cannot read ${path}: ${message}`, { cause: error }) : undefined
}

/** The bytes of a file, decompressed where its name ends in `.gz`. */
export function chunksOf(path: string): AsyncIterable<Buffer> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 })
  // The iterator of the last stream reports what fails on the way.
  return path.endsWith('.gz') ? pipeline(file, createGunzip(), () => {}) : file
}

/** The members of each ResourceSpans and ScopeSpans in the order of the file; texts that repeat are kept once. */
class Owners implements RequestVisitor {
  spans = 0
  readonly #resources: string[] = []
  readonly #scopes: string[] = []
  readonly #texts = new Map<string, string>()

  openResource(): void {
    this.#resources.push('')
  }

  openScope(): void {
    this.#scopes.push('')
  }

  resourceMember(member: string): void {
    this.#append(this.#resources, member)
  }

  scopeMember(member: string): void {
    this.#append(this.#scopes, member)
  }

  /** @throws JsonTextError */
  span(text: Buffer): void {
    this.spans += 1
    try {
      JSON.parse(text.toString())
    } catch (cause) {
      throw new JsonTextError(`span ${this.spans}: ${(cause as Error).message}`, { cause })
    }
  }

  reader(visit: (span: OwnedSpan) => void | Promise<void>): RequestVisitor {
    let resource = -1
    let scope = -1
    return {
      openResource: () => {
        resource += 1
      },
      openScope: () => {
        scope += 1
      },
      resourceMember: () => {},
      scopeMember: () => {},
      span: (text) => visit({ resource: this.#resources[resource]!, scope: this.#scopes[scope]!, text }),
    }
  }

  #append(owners: string[], member: string): void {
    const text = `${owners.at(-1)}${member},`
    const known = this.#texts.get(text)
    if (known === undefined) this.#texts.set(text, text)
    owners[owners.length - 1] = known ?? text
  }
}
