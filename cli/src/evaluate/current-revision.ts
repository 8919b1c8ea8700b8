import { execFileSync } from 'node:child_process'

/** The commit that is checked out here, undefined outside a git repository. */
export function currentRevision(): string | undefined {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return undefined
  }
}
