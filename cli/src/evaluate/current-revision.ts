import { execFileSync } from 'node:child_process'

/** The commit that is checked out here, undefined outside a git repository. */
export function currentRevision(): string | undefined {
  return git('rev-parse', 'HEAD')
}

/** The commit at which this branch left another, here or on the remote; undefined if there is none. */
export function mergeBase(branch: string): string | undefined {
  return git('merge-base', 'HEAD', branch) ?? git('merge-base', 'HEAD', `origin/${branch}`)
}

function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}
