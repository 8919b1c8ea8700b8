import { UsageError } from '@weir/config'
import type { OwnedSpan, SpanFile } from '../span-file.ts'
import { crux } from './crux.ts'
import { flowStateDev } from './flow-state-dev.ts'
import { readLogEntries, type WrongLine } from './log-entries.ts'
import { type LogSpan, toOwnedSpan } from './log-span.ts'

/** Makes spans of the entries of a log, in their order. It keeps what has not ended, and nothing else. */
export interface LogConverter {
  /** @returns the spans that are whole now. `wrong` hears of each part of the entry that is left out, and why. */
  add(value: unknown, wrong: (problem: string) => void): Iterable<LogSpan>
  /** What is still open at the end of the log. */
  end(): Iterable<LogSpan>
}

/** Logs that are no OTLP, by the names that `weir import --format` knows. */
const FORMATS: ReadonlyMap<string, () => LogConverter> = new Map([
  ['crux', crux],
  ['flow-state-dev', flowStateDev],
])
export const LOG_FORMATS: readonly string[] = [...FORMATS.keys()]

/** @throws UsageError that lists the known formats */
export function requireLogFormat(format: string): void {
  if (!FORMATS.has(format))
    throw new UsageError(
      `--format is "${format}", expected one of ${LOG_FORMATS.join(', ')}, or none for OTLP/JSON`,
    )
}

/** A log as a file of spans. @throws UsageError where it cannot be read, or has no entry of the format */
export async function openLogFile(
  path: string,
  format: string,
): Promise<SpanFile & { readonly wrong: readonly WrongLine[] }> {
  const wrong: WrongLine[] = []
  let spans = 0
  await convert(
    path,
    format,
    (line) => wrong.push(line),
    () => {
      spans += 1
    },
  )
  if (spans === 0) {
    const [first] = wrong
    const problem = first === undefined ? 'it has no entries' : `line ${first.line} ${first.problem}`
    throw new UsageError(`${path} holds no ${format} log: ${problem}`)
  }
  return { path, spans, wrong, read: (visit) => convert(path, format, () => {}, visit) }
}

async function convert(
  path: string,
  format: string,
  wrong: (line: WrongLine) => void,
  visit: (span: OwnedSpan) => void | Promise<void>,
): Promise<void> {
  const converter = FORMATS.get(format)!()
  for await (const entry of readLogEntries(path, wrong))
    for (const span of converter.add(entry.value, (problem) => wrong({ line: entry.line, problem })))
      await visit(toOwnedSpan(span, format))
  for (const span of converter.end()) await visit(toOwnedSpan(span, format))
}
