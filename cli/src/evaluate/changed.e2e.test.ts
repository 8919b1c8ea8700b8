import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Completed, repository, run, WEIR } from '@weir/engines/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

let directory: string
let env: NodeJS.ProcessEnv

beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'weir-changed-')))
  env = { PATH: process.env.PATH, WEIR_HOME: join(directory, 'home') }
  await write('lib.mjs', 'export const reply = (input) => input')
  await write('cases.jsonl', '{"id":"one","input":1}')
  await writeEvaluation('a', `(input) => input`, '', `jsonl('cases.jsonl')`)
  await writeEvaluation('b', 'reply', `import { reply } from './lib.mjs'`)
})

afterEach(() => rm(directory, { recursive: true, force: true }))

const write = (name: string, text: string) => writeFile(join(directory, name), text)

const EVALUATOR = JSON.stringify(join(repository, 'evaluator', 'dist', 'index.js'))

const writeEvaluation = (name: string, task: string, imports = '', data = '[{ input: 1 }]') =>
  write(
    `${name}.eval.mjs`,
    `import { evaluate, jsonl, run } from ${EVALUATOR}
    ${imports}
    export default evaluate('${name}', { task: ${task}, data: ${data}, checks: [run.toHaveOutputEqual(1)] })`,
  )

const weirEval = (...args: string[]): Promise<Completed> =>
  run([WEIR, 'eval', '--local', '--json', 'report.json', ...args], env, directory)

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.org', ...args], { cwd: directory })

async function evaluated(...args: string[]): Promise<string[]> {
  const { code, stderr } = await weirEval(...args)
  expect(code, stderr).toBe(0)
  const { experiments } = JSON.parse(await readFile(join(directory, 'report.json'), 'utf8'))
  return experiments.map(({ evaluation }: { evaluation: string }) => evaluation)
}

/** A repository with all that is there. */
async function commitAll(): Promise<void> {
  git('init', '--quiet', '--initial-branch', 'main')
  await write('.gitignore', 'report.json\nhome\n')
  git('add', '.')
  git('commit', '--quiet', '--message', 'first')
}

test('what changed is asked of git, which must know since when', async () => {
  const outside = await weirEval('--changed', 'HEAD')
  expect(outside.code).toBe(2)
  expect(outside.stderr).toContain('this is no git repository')
  await commitAll()
  const unknown = await weirEval('--changed', 'HEDA')
  expect(unknown.code).toBe(2)
  expect(unknown.stderr).toContain('git knows no revision "HEDA"')
  expect(await evaluated('--changed', 'HEAD')).toEqual([])
})

test('only evaluations run whose files, imports or cases changed, committed or not', async () => {
  await commitAll()
  await appendFile(join(directory, 'cases.jsonl'), '\n')
  await writeEvaluation('c', '(input) => input')
  expect(await evaluated('--changed', 'HEAD')).toEqual(['a', 'c'])
  git('checkout', '--quiet', '-b', 'topic')
  git('restore', 'cases.jsonl')
  await rm(join(directory, 'c.eval.mjs'))
  await appendFile(join(directory, 'lib.mjs'), '\n// changed')
  git('commit', '--quiet', '--all', '--message', 'second')
  expect(await evaluated('--changed', 'main')).toEqual(['b'])
})

test('while it watches, what changed runs again, whatever was wrong before', async () => {
  const child = spawn(process.execPath, [WEIR, 'eval', '--local', '--watch'], { cwd: directory, env })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
  /** What it says until it waits for the next change, after what was said before. */
  const waiting = async (): Promise<string> => {
    await expect.poll(() => said).toContain('Ctrl-C ends.')
    const text = said
    said = ''
    // Lines are lines.
    expect(text).not.toContain('\\n')
    return text
  }
  expect(await waiting()).toMatch(/a: 1 case.*b: 1 case.*2 passed.*Watching \d+ files/s)
  await write('lib.mjs', 'export const reply = () => 2')
  const broken = await waiting()
  expect(broken).toContain('Changed: lib.mjs')
  expect(broken).toContain('FAILED  0 of 1 passed')
  expect(broken).not.toContain('a: 1 case')
  await write('lib.mjs', 'export const reply = (')
  expect(await waiting()).toContain('Cannot load')
  await write('lib.mjs', 'export const reply = () => 1')
  expect(await waiting()).toContain('PASSED  1 of 1 passed')
  await writeEvaluation('c', '(input) => input')
  expect(await waiting()).toMatch(/Changed: c\.eval\.mjs.*c: 1 case/s)
  // What cannot be loaded does not keep the others from running.
  await Promise.all([
    write('a.eval.mjs', 'export default ('),
    write('lib.mjs', 'export const reply = () => 1 // b'),
  ])
  const both = await waiting()
  expect(both).toContain('Cannot load')
  expect(both).toContain('b: 1 case')
  await writeEvaluation('a', '(input) => input')
  expect(await waiting()).toContain('a: 1 case')
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([0, null])
})
