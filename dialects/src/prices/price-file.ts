import { readFileSync } from 'node:fs'
import { UsageError } from '@weir/config'
import { decodeUtf8 } from '@weir/store/text'
import { z } from 'zod'

/** A file of prices cannot be used. */
class PriceFileError extends UsageError {
  override readonly code = 'PRICES'
}

/**
 * What a model costs, in US dollars per million tokens. Input that is read from a cache, or written to one, costs as much as other
 * input where nothing else is said; output that has no price costs nothing, as an embedder has none.
 */
export interface Price {
  readonly input: number
  readonly cachedInput?: number | undefined
  readonly cacheWrite?: number | undefined
  readonly output?: number | undefined
  /** Who says so, and when it was read there: for readers. */
  readonly source?: string | undefined
  readonly date?: string | undefined
}

type Models = Readonly<Record<string, Price>>

export interface PriceFile {
  readonly models: Models
  /** By project. */
  readonly projects: Readonly<Record<string, Models>>
}

const dollars = z.number().nonnegative()
const models = z.record(
  z.string().min(1),
  z.strictObject({
    input: dollars,
    cachedInput: dollars.optional(),
    cacheWrite: dollars.optional(),
    output: dollars.optional(),
    source: z.string().optional(),
    date: z.string().optional(),
  }),
)
const file = z.strictObject({
  about: z.string().optional(),
  models: models.default({}),
  projects: z.record(z.string().min(1), models).default({}),
})

/**
 * @param where how messages name the file
 * @throws PriceFileError that names each place, what is there, and what was expected
 */
export function readPriceFile(path: string | URL, where: string): PriceFile {
  const value = parse(read(path, where), where)
  const { data, error } = file.safeParse(value, { reportInput: true })
  if (error === undefined) return data
  throw new PriceFileError(error.issues.map((issue) => `${where}: ${describe(issue)}`).join('\n'))
}

function read(path: string | URL, where: string): string {
  try {
    return decodeUtf8(readFileSync(path))
  } catch (cause) {
    throw new PriceFileError(`${where}: the file cannot be read: ${(cause as Error).message}`, { cause })
  }
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new PriceFileError(`${where}: not JSON: ${(cause as Error).message}`, { cause })
  }
}

const FILE = '{"models": {...}, "projects": {...}}'
const MODEL =
  'a price such as {"input": 2.5, "cachedInput": 1.25, "cacheWrite": 2.5, "output": 10}; only "input" is needed'

function describe({ code, path, input, ...issue }: z.core.$ZodIssue): string {
  const place = path.map((part) => (typeof part === 'number' ? `[${part}]` : JSON.stringify(part))).join('.')
  const expected = expectedAt(path)
  if (code === 'unrecognized_keys') {
    const keys = (issue as { keys: string[] }).keys.map((key) => JSON.stringify(key)).join(', ')
    return `${place || 'the file'} has ${keys}, expected ${expected}`
  }
  if (path.length === 0) return `the file is ${shorten(input)}, expected ${FILE}`
  return `${place} is ${shorten(input)}, expected ${expected}`
}

/** What belongs at a place: `models.NAME.input`, `projects.NAME.NAME.input`. */
function expectedAt(path: readonly PropertyKey[]): string {
  const depth = path[0] === 'projects' ? path.length - 1 : path.length
  if (path.length === 0) return FILE
  if (depth === 0) return 'projects by name'
  if (depth === 1) return 'models by name'
  if (depth === 2) return MODEL
  return path.at(-1) === 'source' || path.at(-1) === 'date'
    ? 'a text'
    : 'US dollars per million tokens, 0 or more'
}

function shorten(value: unknown): string {
  if (value === undefined) return 'not there'
  const text = JSON.stringify(value)
  return text.length > 100 ? `${text.slice(0, 99)}…` : text
}
