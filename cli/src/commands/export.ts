import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { UsageError } from '@weir/config'
import { exportTraces, findTracesOfRun } from '@weir/store/export'
import { type Command, Option } from 'commander'
import { printError, printedJson } from '../print.ts'
import { requireWritable } from '../require-writable.ts'
import { withStore } from '../with-store.ts'

interface ExportOptions {
  readonly trace?: string
  readonly run?: string
  readonly output?: string
}

export function addExport(program: Command): void {
  program
    .command('export')
    .description('write the spans of a trace, or of the traces of a run, as OTLP/JSON')
    .addOption(new Option('--trace <id>', 'id of a trace, 32 hex digits').conflicts('run'))
    .option('--run <id>', 'id of a run')
    .option(
      '--output <file>',
      'write to a file, compressed if its name ends in .gz (default: standard output)',
    )
    .action(runExport)
}

async function runExport(options: ExportOptions): Promise<void> {
  const { trace, run, output } = options
  if (trace === undefined && run === undefined)
    throw new UsageError('expected --trace <id> or --run <id>\n(see: weir export --help)')
  const traceId = trace?.toLowerCase()
  if (traceId !== undefined && !/^[0-9a-f]{32}$/.test(traceId))
    throw new UsageError(`--trace is "${trace}", expected 32 hex digits`)
  if (output !== undefined) requireWritable(output)
  await withStore(async (store) => {
    const traceIds = traceId === undefined ? await findTracesOfRun(store, { runId: run! }) : [traceId]
    const pieces = new Pieces(exportTraces(store, { traceIds }))
    await (output === undefined ? toStandardOutput(pieces) : toFile(pieces, output))
    if (pieces.spans === 0) throw new UsageError(nothing(options, store.project))
    printError(`${pieces.spans} ${pieces.spans === 1 ? 'span' : 'spans'}`)
  })
}

function nothing({ trace, run }: ExportOptions, project: string): string {
  const what = trace === undefined ? `run "${run}"` : `trace ${trace}`
  return `there is no ${what} in project "${project}". Ids are on the pages of runs; WEIR_PROJECT names another project`
}

/** Remembers what the end of an export says. */
class Pieces {
  spans = 0
  readonly #pieces: AsyncGenerator<string, number>

  constructor(pieces: AsyncGenerator<string, number>) {
    this.#pieces = pieces
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    this.spans = yield* this.#pieces
  }
}

async function* printedPieces(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const piece of pieces) yield printedJson(piece)
}

async function toStandardOutput(pieces: Pieces): Promise<void> {
  try {
    await pipeline(pieces, printedPieces, process.stdout, { end: false })
  } catch (error) {
    // Whoever reads has enough, which is no error.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0)
    throw error
  }
}

/** What is there is replaced only by an export that is whole. */
async function toFile(pieces: Pieces, path: string): Promise<void> {
  const part = `${path}.part`
  try {
    const file = createWriteStream(part)
    await (path.endsWith('.gz') ? pipeline(pieces, createGzip(), file) : pipeline(pieces, file))
    if (pieces.spans > 0) await rename(part, path)
  } finally {
    await rm(part, { force: true })
  }
}
