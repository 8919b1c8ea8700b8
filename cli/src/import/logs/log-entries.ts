import { text } from 'node:stream/consumers'
import { UsageError } from '@weir/config'
import type { z } from 'zod'
import { chunksOf, unreadable } from '../span-file.ts'

/** A JSON value of a log, with the line on which it begins. */
export interface LogEntry {
  readonly line: number
  readonly value: unknown
}

/** A line that is not JSON, or not an entry of the log. */
export interface WrongLine {
  readonly line: number
  readonly problem: string
}

/** Characters of a log that is one document, and of a line: they are read whole. */
const MOST_TEXT = 64 * 1024 * 1024

/**
 * The entries of a log: JSON lines, one by one, or the document of a `.json` file; compressed where the name ends in `.gz`.
 * @param wrong is told of lines that are not JSON; the others are read
 * @throws UsageError where the file cannot be read
 */
export async function* readLogEntries(
  path: string,
  wrong: (line: WrongLine) => void,
): AsyncGenerator<LogEntry> {
  try {
    if (/\.json(\.gz)?$/.test(path)) yield* readDocument(path, wrong)
    else yield* readLines(linesOf(chunksOf(path)), wrong)
  } catch (error) {
    throw unreadable(path, error as Error) ?? error
  }
}

async function* readDocument(path: string, wrong: (line: WrongLine) => void): AsyncGenerator<LogEntry> {
  const whole = await text(chunksOf(path))
  if (whole.length > MOST_TEXT)
    throw new UsageError(
      `${path} is one document of more than ${MOST_TEXT} characters: write its entries as JSON lines, to a file that ends in .jsonl`,
    )
  const document = parse(whole)
  if (document !== undefined) yield { line: 1, value: document.value }
  else yield* readLines(whole.split('\n'), wrong)
}

async function* readLines(
  lines: AsyncIterable<string> | Iterable<string>,
  wrong: (line: WrongLine) => void,
): AsyncGenerator<LogEntry> {
  let line = 0
  for await (const content of lines) {
    line += 1
    if (content.trim() === '') continue
    const parsed = parse(content)
    if (parsed === undefined) wrong({ line, problem: `is not JSON: ${content.trim().slice(0, 60)}` })
    else yield { line, value: parsed.value }
  }
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop()!
    if (rest.length > MOST_TEXT)
      throw new UsageError(`a line of more than ${MOST_TEXT} characters, expected JSON lines`)
    yield* lines
  }
  yield rest + decoder.decode()
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text.replace(/^\uFEFF/, '')) }
  } catch {
    return undefined
  }
}

/** @throws Error that says what is wrong with the entry, as the end of a sentence about its line */
export function readEntry<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const { data, error } = schema.safeParse(value)
  if (error === undefined) return data
  const [issue] = error.issues
  const place = issue!.path.join('.')
  throw new Error(`is not ${what}: ${place === '' ? '' : `${place}: `}${issue!.message}`)
}
