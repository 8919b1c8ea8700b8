import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallFilesystem {
  readonly directory: string
  /** Takes all that is left but so many bytes. */
  fill(leave?: number): void
  /** Gives back what {@link fill} took. */
  free(): void
  /** Removes it, whoever still uses it. */
  unmount(): void
}

/** An empty file system of so many bytes; undefined where this process may mount none. */
export function mountSmallFilesystem(bytes: number): SmallFilesystem | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'weir-small-'))
  try {
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'weir-test', directory], {
      stdio: 'ignore',
    })
  } catch {
    rmSync(directory, { recursive: true })
    return undefined
  }
  const filler = join(directory, 'filler')
  const reserve = join(directory, 'reserve')
  return {
    directory,
    fill(leave = 0) {
      writeFileSync(reserve, Buffer.alloc(leave))
      try {
        for (;;) writeFileSync(filler, Buffer.alloc(4096), { flag: 'a' })
      } catch {
        // It is full.
      }
      rmSync(reserve)
    },
    free: () => rmSync(filler, { force: true }),
    unmount() {
      execFileSync('/bin/umount', ['--lazy', directory])
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
