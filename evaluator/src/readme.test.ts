import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const run = promisify(execFile)
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-readme-'))
  await symlink(modules, join(directory, 'node_modules'))
  await writeFile(join(directory, 'package.json'), '{"type":"module"}')
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  for (const [, name, code] of readme.matchAll(/```ts (\S+)\n(.*?)```/gs)) {
    await writeFile(join(directory, name!), code!)
  }
})

afterAll(() => rm(directory, { recursive: true }))

it('the evaluation of the README runs as it stands', async () => {
  const { stdout } = await run(process.execPath, ['run.ts'], { cwd: directory })
  expect(stdout).toContain('research.pipeline: 2 cases x 2 trials, local')
  expect(stdout).toContain('PASSED  4 of 4 passed')
})

it('the unit test of the README passes as it stands', async () => {
  const vitest = join(modules, 'vitest', 'vitest.mjs')
  const { stdout } = await run(process.execPath, [vitest, 'run', '--root', directory], { cwd: directory })
  expect(stdout).toMatch(/Tests .*1 passed/)
})

it('the examples of the README have the right types', async () => {
  const options = {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
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
})
