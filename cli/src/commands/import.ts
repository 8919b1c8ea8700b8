import { UsageError } from '@weir/config'
import type { Command } from 'commander'
import { type Config, readConfig } from '../config.ts'
import { Batch } from '../import/batch.ts'
import { LOG_FORMATS, openLogFile, requireLogFormat } from '../import/logs/log-file.ts'
import { Sender } from '../import/sender.ts'
import { openSpanFile, type SpanFile } from '../import/span-file.ts'
import { print, printError } from '../print.ts'

/** Milliseconds for which a collector that takes nothing is waited for. */
const TIMEOUT_MS = 60_000
/** Of a log's lines that are wrong, so many are shown. */
const MOST_WRONG = 20

export function addImport(program: Command): void {
  program
    .command('import <files...>')
    .description('send the spans of OTLP/JSON files (documents or JSON lines, .gz or not) to the collector')
    .option('--format <name>', `a log that is no OTLP: ${LOG_FORMATS.join(', ')}`)
    .action(async (paths: string[], { format }: { format?: string }) =>
      runImport(readConfig(), paths, format),
    )
}

async function runImport(config: Config, paths: readonly string[], format?: string): Promise<void> {
  if (format !== undefined) requireLogFormat(format)
  // Nothing is sent before every file was looked through.
  const files: SpanFile[] = []
  let wrong = 0
  for (const path of paths) {
    if (format === undefined) files.push(await openSpanFile(path))
    else {
      const log = await openLogFile(path, format)
      for (const { line, problem } of log.wrong.slice(0, MOST_WRONG)) printError(`${path}:${line} ${problem}`)
      wrong += log.wrong.length
      files.push(log)
    }
  }
  const total = files.reduce((sum, { spans }) => sum + spans, 0)
  const sender = new Sender({ endpoint: config.endpoint, apiKey: config.apiKey, timeoutMs: TIMEOUT_MS })
  const progress = new Progress(total)
  try {
    for (const file of files) await send(file, sender, progress)
  } catch (error) {
    progress.interrupt()
    throw error
  }
  progress.end()
  const count = total - sender.rejected
  print(`imported ${count} ${count === 1 ? 'span' : 'spans'} to ${config.endpoint}`)
  if (sender.rejected > 0)
    throw new UsageError(
      `${sender.rejected} of ${total} spans were refused: they have an invalid trace id or span id`,
    )
  if (wrong > 0)
    throw new UsageError(
      `${wrong} ${wrong === 1 ? 'line is' : 'lines are'} no entry of a ${format} log; the others were imported`,
    )
}

async function send(file: SpanFile, sender: Sender, progress: Progress): Promise<void> {
  const batch = new Batch()
  const flush = async () => {
    await sender.send(batch.spans)
    progress.add(batch.spans.length)
    batch.clear()
  }
  await file.read((span) => {
    batch.add(span)
    return batch.isFull ? flush() : undefined
  })
  if (batch.spans.length > 0) await flush()
}

/** How far it is, on a terminal's standard error. */
class Progress {
  readonly #total: number
  #sent = 0

  constructor(total: number) {
    this.#total = total
  }

  add(spans: number): void {
    this.#sent += spans
    if (process.stderr.isTTY) process.stderr.write(`\r${this.#sent} of ${this.#total} spans`)
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  }

  /** Spans that are there already are replaced when they come again, so that nothing has to be taken back. */
  interrupt(): void {
    this.end()
    if (this.#sent > 0)
      printError(
        `weir: ${this.#sent} of ${this.#total} spans were sent; the same command again replaces them and sends the rest`,
      )
  }
}
