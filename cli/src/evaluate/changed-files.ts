import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { InfrastructureError, UsageError } from '@weir/config'
import { git, mergeBase } from './current-revision.ts'

/**
 * Absolute paths of the files that changed since this branch left another, or since a revision: committed, not committed, and new.
 * @throws UsageError outside of a git repository, or for an unknown revision
 */
export function changedFiles(since: string): Set<string> {
  const top = git('rev-parse', '--show-toplevel')
  if (top === undefined)
    throw new UsageError('--changed asks git what changed, and this is no git repository.')
  const revision = mergeBase(since) ?? git('rev-parse', '--verify', '--quiet', `${since}^{commit}`)
  if (revision === undefined) throw new UsageError(`git knows no revision "${since}".`)
  const changed = git('-C', top, 'diff', '--name-only', '-z', revision)
  const added = git('-C', top, 'ls-files', '--others', '--exclude-standard', '-z')
  if (changed === undefined || added === undefined)
    throw new InfrastructureError(`git could not say what changed since ${revision}.`)
  const root = realpathSync(top)
  const names = `${changed}\0${added}`.split('\0').filter((name) => name !== '')
  return new Set(names.map((name) => join(root, name)))
}
