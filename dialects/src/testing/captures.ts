import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..', '..', 'fixtures', 'captures')

/** One recorded request. `raw` is what went over the wire, `body` the same decompressed. */
export interface CapturedRequest {
  readonly path: string
  readonly contentType: string
  readonly contentEncoding: string | null
  readonly raw: Buffer
  readonly body: Buffer
}

/** What a manifest expects; fixtures/captures/README.md says what the words mean. */
export interface Expectation {
  readonly outcome?: string
  readonly traces: number
  readonly spans: number
  readonly rootNames: readonly string[]
  readonly sessionIds: readonly string[]
  readonly userIds: readonly string[]
  readonly models: readonly string[]
  readonly inputTokens: number
  readonly outputTokens: number
  readonly errors: number
  readonly exceptionSpans?: number
  readonly invalidIdSpans?: number
}

export interface Capture {
  readonly name: string
  readonly requests: readonly CapturedRequest[]
  readonly expect: Expectation
}

/** Names of the captures that begin with one of the prefixes. */
export function captureNames(...prefixes: readonly string[]): string[] {
  return readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && prefixes.some((prefix) => entry.name.startsWith(prefix)))
    .map((entry) => entry.name)
    .sort()
}

export function readCapture(name: string): Capture {
  const manifest = JSON.parse(readFileSync(join(ROOT, name, 'manifest.json'), 'utf8'))
  const requests = manifest.requests.map((request: CapturedFiles): CapturedRequest => {
    const read = (file: string) => readFileSync(join(ROOT, name, file))
    return {
      path: request.path,
      contentType: request.contentType,
      contentEncoding: request.contentEncoding,
      raw: read(request.rawFile ?? request.file!),
      body: request.file === undefined ? Buffer.alloc(0) : read(request.file),
    }
  })
  return { name, requests, expect: manifest.expect }
}

interface CapturedFiles {
  readonly file?: string
  readonly rawFile?: string
  readonly path: string
  readonly contentType: string
  readonly contentEncoding: string | null
}
