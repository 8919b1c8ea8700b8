import { readFileSync } from 'node:fs'

/** Where the system does not say: what macOS and many others begin with is less, but Node raises it when it starts. */
const USUAL = 1024

/** How many files and connections this process may have open. */
export function maxDescriptors(): number {
  try {
    return openFilesOf(readFileSync('/proc/self/limits', 'utf8'))
  } catch {
    return USUAL
  }
}

/** Out of a line such as `Max open files            1024                 524288               files`: the first number holds. */
export function openFilesOf(limits: string): number {
  const soft = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits)?.[1]
  if (soft === undefined) return USUAL
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
}
