import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

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
  /** Names of the models that answered, where they differ from those that were asked. */
  readonly responseModels?: readonly string[]
  readonly runs?: readonly ExpectedRun[]
}

/** A run as somebody who reads the program expects it. Steps are `name`, `name:status` or `name xN` for N attempts. */
interface ExpectedRun {
  readonly flow: string
  readonly status: string
  readonly steps: readonly string[]
}

export interface Capture {
  readonly name: string
  readonly client: string
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

export function readCapture(directory: string): Capture {
  const manifest = JSON.parse(readFileSync(join(ROOT, directory, 'manifest.json'), 'utf8'))
  const requests = manifest.requests.map((request: CapturedFiles): CapturedRequest => {
    const { path, contentType, contentEncoding, file, rawFile } = request
    const read = (name: string) => readFileSync(join(ROOT, directory, name))
    const body = file === undefined ? Buffer.alloc(0) : read(file)
    const raw = rawFile === undefined ? (contentEncoding === 'gzip' ? gzipSync(body) : body) : read(rawFile)
    return { path, contentType, contentEncoding, raw, body }
  })
  return { name: directory, client: manifest.client, requests, expect: manifest.expect }
}

interface CapturedFiles {
  readonly file?: string
  readonly rawFile?: string
  readonly path: string
  readonly contentType: string
  readonly contentEncoding: string | null
}
