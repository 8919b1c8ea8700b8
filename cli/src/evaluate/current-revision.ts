import { execFileSync } from 'node:child_process'

/** The commit that is checked out here, undefined outside a git repository. */
export function currentRevision(): string | undefined {
  return git('rev-parse', 'HEAD')
}

/** The commit at which this branch left another, here or on the remote; undefined if there is none. */
export function mergeBase(branch: string): string | undefined {
  return git('merge-base', 'HEAD', branch) ?? git('merge-base', 'HEAD', `origin/${branch}`)
}

/** Bytes of the longest answer. */
const MOST_BYTES = 256 * 1024 * 1024

/** What git says; undefined where it fails. */
export function git(...args: string[]): string | undefined {
  try {
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore']
    return execFileSync('git', args, { encoding: 'utf8', stdio, maxBuffer: MOST_BYTES }).trim()
  } catch {
    return undefined
  }
}
