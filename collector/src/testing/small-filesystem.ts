import { execFileSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { temporaryDirectory } from './temporary-directory.ts'

/** An empty file system of so many bytes, until the test ends; undefined where this process may mount none. */
export function mountSmallFilesystem(bytes: number): string | undefined {
  const directory = temporaryDirectory()
  try {
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'weir-test', directory], {
      stdio: 'ignore',
    })
  } catch {
    return undefined
  }
  onTestFinished(() => void execFileSync('/bin/umount', ['--lazy', directory]))
  return directory
}
