import { CommanderError } from 'commander'
import { CliError } from './errors.ts'
import { createProgram } from './program.ts'

/** Runs one command line; ends with `process.exitCode` 0 passed, 1 a gate failed, 2 usage, 3 could not evaluate. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(args, { from: 'user' })
  } catch (error) {
    process.exitCode = report(error)
  }
}

function report(error: unknown): number {
  // Commander has printed its message already; help and version end it with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof CliError) {
    for (const line of error.message.split('\n')) console.error(`weir: ${line}`)
    return error.exitCode
  }
  console.error(error)
  return 3
}
