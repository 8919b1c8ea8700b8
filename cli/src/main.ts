import { inspect } from 'node:util'
import { WeirError } from '@weir/config'
import { CommanderError } from 'commander'
import { printError } from './print.ts'
import { createProgram } from './program.ts'

/** Runs one command line; ends with `process.exitCode` 0 passed, 1 a gate failed, 2 usage, 3 could not evaluate. */
export async function main(args: readonly string[]): Promise<void> {
  unsetEmptyVariables(process.env)
  try {
    await (await createProgram(args[0])).parseAsync(args, { from: 'user' })
  } catch (error) {
    process.exitCode = report(error)
  }
}

/** An empty variable counts as not set, here and in the processes that are started from here. */
function unsetEmptyVariables(env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('WEIR_') && value === '') delete env[name]
  }
}

function report(error: unknown): number {
  // Commander has printed its message already; help and version end it with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof WeirError) {
    print(error.message)
    return error.exitCode
  }
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    print(`the disk is full (${message}): free some space, see "weir doctor"`)
    return 3
  }
  print(inspect(error))
  return 3
}

function print(message: unknown): void {
  printError(
    ...String(message)
      .split('\n')
      .map((line) => `weir: ${line}`),
  )
}
