import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)
const modules = join(import.meta.dirname, '../../../node_modules')

it('the example of the README has the right types', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'weir-readme-'))
  try {
    await symlink(modules, join(directory, 'node_modules'))
    await writeFile(join(directory, 'package.json'), '{"type":"module"}')
    const readme = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8')
    const [, code] = /```ts observe\.ts\n(.*?)```/s.exec(readme) ?? []
    await writeFile(join(directory, 'observe.ts'), code as string)
    const options = {
      module: 'nodenext',
      target: 'es2024',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
    }
    await writeFile(
      join(directory, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, include: ['*.ts'] }),
    )
    const tsc = join(modules, 'typescript', 'bin', 'tsc')
    const failure = await run(process.execPath, [tsc, '-p', directory]).then(
      () => '',
      (error: { message: string; stdout: string }) => error.message + error.stdout,
    )
    expect(failure).toBe('')
  } finally {
    await rm(directory, { recursive: true })
  }
})
