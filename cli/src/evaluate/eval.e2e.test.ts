import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Completed, repository, run, WEIR } from '@weir/engines/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

let directory: string
let env: NodeJS.ProcessEnv

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-eval-'))
  env = { PATH: process.env.PATH, WEIR_HOME: join(directory, 'home') }
})

afterEach(() => rm(directory, { recursive: true, force: true }))

const weirEval = (...args: string[]): Promise<Completed> =>
  run([WEIR, 'eval', '--local', ...args], env, directory)

const EVALUATOR = JSON.stringify(join(repository, 'evaluator', 'dist', 'index.js'))

/** A file with one evaluation of that name; `data` and `task` are code. */
async function write(
  name: string,
  { data = '[{ input: 1 }]', task = '(input) => input', file = name },
): Promise<void> {
  await writeFile(
    join(directory, `${file}.eval.mjs`),
    `import { evaluate, run } from ${EVALUATOR}
    export default evaluate('${name}', { task: ${task}, data: ${data}, checks: [run.toSucceed()] })`,
  )
}

const readReport = async (name: string) => JSON.parse(await readFile(join(directory, name), 'utf8'))

test('a task that exits ends neither the others nor the reports', async () => {
  const task = `(input) => {
    console.log('printed')
    process.exitCode = 9
    if (input === 'exits') process.exit(0)
    return input
  }`
  await write('exits', { task, data: `['exits', 'plain'].map((input) => ({ id: input, input }))` })
  const completed = await weirEval('--json', 'report.json', '--junit', 'report.xml')
  expect(completed.code).toBe(1)
  expect(completed.stdout).toContain('process.exit(0) was called.')
  expect(await readReport('report.json')).toMatchObject({
    exitCode: 1,
    experiments: [{ planned: 2, evaluated: 2, passed: 1, errors: 1 }],
  })
  expect(await readFile(join(directory, 'report.xml'), 'utf8')).toContain('<testsuite name="exits" tests="3"')
})

test('what tasks print is not in the JSON on stdout, in whatever process they run', async () => {
  await write('prints', { task: `(input) => console.log('printed')`, data: '[{ input: 1 }, { input: 2 }]' })
  for (const options of [[], ['--in-process']]) {
    const { code, stdout, stderr } = await weirEval('--json', '-', ...options)
    expect(code, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: 0, experiments: [{ passed: 2 }] })
    expect(stderr.match(/^printed$/gm)).toHaveLength(2)
  }
})

test('a file that exits while it is loaded is refused', async () => {
  await writeFile(join(directory, 'leaves.eval.mjs'), 'process.exit(0)')
  const completed = await weirEval()
  expect(completed.code).toBe(2)
  expect(completed.stderr).toMatch(/Cannot load .*leaves\.eval\.mjs/)
  expect(completed.stderr).toContain('process.exit(0) was called.')
})

test('two files with an evaluation of the same name are refused', async () => {
  await write('same', { file: 'a' })
  await write('same', { file: 'b' })
  const completed = await weirEval()
  expect(completed.code).toBe(2)
  expect(completed.stderr).toMatch(
    /Two evaluations are named "same": one in .*a\.eval\.mjs, one in .*b\.eval\.mjs/,
  )
})

test('a variant that no evaluation has is refused, also beside one that there is', async () => {
  await writeFile(
    join(directory, 'sizes.eval.mjs'),
    `import { evaluate, run } from ${EVALUATOR}
    const variants = { small: 1, large: 2 }
    export default evaluate('sizes', { task: (input) => input, data: [{ input: 1 }], checks: [run.toSucceed()], variants })`,
  )
  const completed = await weirEval('--variant', 'small', '--variant', 'lrage')
  expect(completed.code).toBe(2)
  expect(completed.stderr).toContain('No evaluation has the variant "lrage". There are: small, large.')
})

test('a tag that no case has is refused, once what has the others is judged', async () => {
  await write('tagged', { data: `[{ input: 1, tags: ['smoke'] }, { input: 2 }]` })
  const some = await weirEval('--tag', 'smoke', '--tag', 'slwo', '--json', 'report.json')
  expect(some.code).toBe(2)
  expect(some.stderr).toContain('No case has the tag "slwo". There are: smoke.')
  expect(await readReport('report.json')).toMatchObject({ exitCode: 2, experiments: [{ evaluated: 1 }] })
  expect((await weirEval('--tag', 'slwo')).code).toBe(2)
  expect((await weirEval('--tag', 'smoke')).code).toBe(0)
})

test('data that throws is an error of its evaluation, and the others are judged', async () => {
  await write('a', {})
  await write('b', { data: `() => { throw new Error('no network') }` })
  await write('c', {})
  const completed = await weirEval('--json', 'report.json')
  expect(completed.code).toBe(3)
  expect(await readReport('report.json')).toMatchObject({
    exitCode: 3,
    experiments: [
      { evaluation: 'a', status: 'passed' },
      { evaluation: 'b', status: 'error', error: 'Its data could not be read: no network' },
      { evaluation: 'c', status: 'passed' },
    ],
  })
})

test('a reader that leaves changes neither the reports nor the exit code', async () => {
  await write('fails', { task: `() => { throw new Error('no') }` })
  const child = spawn(process.execPath, [WEIR, 'eval', '--local', '--json', 'report.json'], {
    cwd: directory,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  child.stdout.destroy()
  expect(await once(child, 'exit')).toEqual([1, null])
  expect(await readReport('report.json')).toMatchObject({ exitCode: 1, experiments: [{ errors: 1 }] })
})
