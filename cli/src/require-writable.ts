import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { UsageError } from '@weir/config'

/** Says that a file cannot be written before the work whose result it is to hold. */
export function requireWritable(path: string): void {
  const problem = problemOf(path)
  if (problem !== undefined) throw new UsageError(`cannot write ${path}: ${problem}`)
}

function problemOf(path: string): string | undefined {
  const exists = existsSync(path)
  if (exists && statSync(path).isDirectory()) return 'it is a directory, expected a file'
  const needed = exists ? path : dirname(path)
  if (!existsSync(needed)) return `there is no directory ${needed}`
  try {
    accessSync(needed, constants.W_OK)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
