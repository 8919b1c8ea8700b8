import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const repository = join(import.meta.dirname, '../..')

test('the flow and the evaluation of README.md run as they stand', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'weir-readme-'))
  try {
    await symlink(join(repository, 'node_modules'), join(directory, 'node_modules'))
    await writeFile(join(directory, 'package.json'), '{"type":"module"}')
    const readme = await readFile(join(repository, 'README.md'), 'utf8')
    for (const [, name, code] of readme.matchAll(/```ts\n\/\/ (\S+)\n(.*?)```/gs)) {
      await writeFile(join(directory, name!), code!)
    }
    const weir = join(repository, 'cli', 'bin', 'weir.js')
    const command = [weir, 'eval', 'research.eval.ts', '--local']
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: directory })
    expect(stdout).toContain('PASSED  1 of 1 passed')
  } finally {
    await rm(directory, { recursive: true })
  }
}, 30_000)
