import { Refusal } from './refusal.ts'

/** A body of `POST /flows/:name`. */
export interface RunRequest {
  readonly input?: unknown
  readonly session?: string
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly idempotencyKey?: string
}

/** JSON only: a page of another origin cannot send that without asking first. @throws Refusal */
export async function readBody(request: Request, maxBytes: number): Promise<RunRequest> {
  const type = request.headers.get('content-type') ?? 'none'
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new Refusal(415, `expected content-type application/json, got ${type}`)
  }
  const text = await readText(request, maxBytes)
  const body = parse(text)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Refusal(400, 'expected an object such as {"input": ...}')
  }
  const { session, metadata, idempotencyKey } = body as RunRequest
  for (const [option, value] of Object.entries({ session, idempotencyKey })) {
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw new Refusal(400, `${option}: expected a non-empty string`)
    }
  }
  if (metadata !== undefined && (typeof metadata !== 'object' || metadata === null)) {
    throw new Refusal(400, 'metadata: expected an object')
  }
  return body as RunRequest
}

/** A part of the path. @throws Refusal */
export function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new Refusal(400, 'the path is not percent-encoded')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Refusal(400, `expected JSON: ${(error as Error).message}`)
  }
}

async function readText(request: Request, max: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const bytes of (request.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    size += bytes.byteLength
    if (size > max) throw new Refusal(413, `expected a body of at most ${max} bytes`)
    text += decoder.decode(bytes, { stream: true })
  }
  return text + decoder.decode()
}
