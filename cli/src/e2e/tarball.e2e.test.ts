import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Completed,
  createScratchProject,
  type Installation,
  run,
  type ScratchProject,
  startInstallation,
} from '@weir/engines/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// What a user's CI does: a project outside the repository, with the published packages installed from their tarballs.

const published = ['config', 'sdk', 'store', 'dialects', 'evaluator', 'cli']

let weir: Installation
let scratch: ScratchProject
let project: string

beforeAll(async () => {
  weir = await startInstallation()
  scratch = await createScratchProject({
    ours: published,
    dependencies: { zod: '4.6.7', '@opentelemetry/api': '1.9.1' },
    files: 'examples/research',
  })
  project = scratch.directory
})

afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await scratch?.[Symbol.asyncDispose]()
})

function evaluate(file: string, env: NodeJS.ProcessEnv = weir.env): Promise<Completed> {
  return run([join(project, 'node_modules', 'weir', 'bin', 'weir.js'), 'eval', file], env, project)
}

async function change(from: string, to: string, edit: (source: string) => string): Promise<void> {
  const source = await readFile(join(project, from), 'utf8')
  const edited = edit(source)
  expect(edited).not.toBe(source)
  await writeFile(join(project, to), edited)
}

describe('weir eval in a scratch project', () => {
  test('passes with 0', async () => {
    const completed = await evaluate('research.eval.ts')
    expect(completed.code, completed.stdout + completed.stderr).toBe(0)
  })

  test('exits 1 on a broken order and names the step', async () => {
    await change('research.eval.ts', 'broken.eval.ts', (source) =>
      source.replace(/toHaveOrder\([^)]*\)/, "toHaveOrder('synthesize', 'plan')"),
    )
    const completed = await evaluate('broken.eval.ts')
    expect(completed.code, completed.stdout + completed.stderr).toBe(1)
    expect(completed.stdout + completed.stderr).toMatch(/synthesize.*plan|plan.*synthesize/s)
  })

  test('exits 2 on a syntax error and names the file', async () => {
    await writeFile(join(project, 'syntax.eval.ts'), 'export default evaluate(')
    const completed = await evaluate('syntax.eval.ts')
    expect(completed.code, completed.stdout + completed.stderr).toBe(2)
    expect(completed.stderr).toContain('syntax.eval.ts')
  })

  test('passes with --local where no Weir runs', async () => {
    const completed = await run(
      [join(project, 'node_modules', 'weir', 'bin', 'weir.js'), 'eval', 'research.eval.ts', '--local'],
      { PATH: process.env.PATH },
      project,
    )
    expect(completed.code, completed.stdout + completed.stderr).toBe(0)
  })

  test('has a green and a red summary in a CommonJS project that imports without extensions', async () => {
    const commonjs = join(project, 'commonjs')
    await mkdir(commonjs)
    await writeFile(join(commonjs, 'package.json'), '{ "type": "commonjs" }')
    for (const file of ['flow.ts', 'fake-model.ts']) await cp(join(project, file), join(commonjs, file))
    const source = await readFile(join(project, 'research.eval.ts'), 'utf8')
    const summaryOf = async (text: string) => {
      await writeFile(join(commonjs, 'research.eval.ts'), text.replace('./flow.ts', './flow'))
      const args = ['eval', 'commonjs', '--local', '--markdown', '-']
      const env = { PATH: process.env.PATH }
      const { code, stdout, stderr } = await run(
        [join(project, 'node_modules', 'weir', 'bin', 'weir.js'), ...args],
        env,
        project,
      )
      return { code, summary: stdout.split('\n')[0], stderr }
    }
    expect(await summaryOf(source)).toMatchObject({ code: 0, summary: '## ✅ The evaluation passed' })
    const broken = source.replace(/toHaveSucceeded\('plan'\)/, "toHaveSucceeded('guess')")
    expect(broken).not.toBe(source)
    expect(await summaryOf(broken)).toMatchObject({ code: 1, summary: '## ❌ Evaluations: 1 of 1 failed' })
  })

  test('exits 3 when the collector is stopped', async () => {
    await weir.stop()
    const completed = await evaluate('research.eval.ts')
    expect(completed.code, completed.stdout + completed.stderr).toBe(3)
  })
})
