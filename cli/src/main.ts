import { inspect } from 'node:util'
import { WeirError } from '@weir/config'
import { CommanderError } from 'commander'
import { printProblem } from './print.ts'
import { createProgram } from './program.ts'

/** Runs one command line; ends with `process.exitCode` 0 passed, 1 a gate failed, 2 usage, 3 could not evaluate. */
export async function main(args: readonly string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe)
  try {
    await (await createProgram(args[0])).parseAsync(args, { from: 'user' })
  } catch (error) {
    process.exitCode = report(error)
  }
}

/** The reader closed the pipe, as `| head` does: the command goes on, and its exit code stays what it is. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

function report(error: unknown): number {
  // Commander has printed its message already; help and version end it with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof WeirError) {
    printProblem(error.message)
    return error.exitCode
  }
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    printProblem(`the disk is full (${message}): free some space, see "weir doctor"`)
    return 3
  }
  printProblem(inspect(error))
  return 3
}
