import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createScratchProject, type ScratchProject } from '@weir/engines/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runProgram, tree } from './program.ts'

// What else loads the package, and what runs below its flows.

const BUN = 'node_modules/bun/bin/bun.exe'
const DENO = 'node_modules/deno/deno'
const DENO_RUN = ['run', '--no-prompt', '--node-modules-dir=manual']

let project: ScratchProject

beforeAll(async () => {
  project = await createScratchProject({
    ours: ['sdk'],
    dependencies: {
      '@edge-runtime/vm': '5.0.0',
      '@opentelemetry/api': '1.9.1',
      '@types/node': '24.19.2',
      bun: '1.4.5',
      deno: '2.9.6',
      'express-4': 'npm:express@4.22.3',
      'express-5': 'npm:express@5.3.0',
      jest: '30.5.2',
      tsx: '4.23.15',
      typescript: '5.9.3',
      zod: '4.6.7',
    },
    files: 'sdk/fixtures/programs',
  })
  // As frameworks bundle for edge runtimes.
  await run(BUN, ['build', 'edge.js', '--target', 'browser', '--outfile', 'edge.bundle.js'])
  await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.node16.json'])
})

async function run(program: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(program, args, { cwd: project.directory })
}

afterAll(() => project?.[Symbol.asyncDispose]())

const PLAIN_TREE = ['deep < inner', 'inner < outer', 'outer', 'wait < outer'].flatMap((line) => [line, line])

describe('runs at once keep apart, and all arrives', () => {
  test.each([
    ['Bun', BUN, ['plain.js']],
    ['Deno', DENO, [...DENO_RUN, '--allow-net', '--allow-env=WEIR_ENDPOINT', 'plain.js']],
  ])('%s', async (_, runtime, args) => {
    const { printed, spans } = await runProgram(project, args, { runtime })
    expect(printed).toEqual({ exported: 8, lost: 0, pending: 0 })
    expect(tree(spans)).toEqual(PLAIN_TREE)
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(2)
  })

  test('an edge runtime', async () => {
    const { printed, spans } = await runProgram(project, ['edge-vm.js', 'edge.bundle.js'])
    const outputs = [{ process: 'undefined' }, { process: 'undefined' }]
    expect(printed).toEqual({ outputs, exported: 8, lost: 0, pending: 0 })
    expect(tree(spans)).toEqual(PLAIN_TREE)
    expect(spans.find(({ name }) => name === 'deep')?.attributes['output.value']).toBe('"[Request GET /]"')
  })
})

test.each([
  ['Bun', BUN, ['exit.js']],
  ['Deno', DENO, [...DENO_RUN, '-A', 'exit.js']],
])('process.exit of %s loses nothing', async (_, runtime, args) => {
  const { spans } = await runProgram(project, args, { runtime })
  expect(tree(spans)).toEqual(['last', 'step < last'])
})

describe('where something is missing', () => {
  test('permissions of Deno: flows run, unrecorded', async () => {
    const { printed } = await runProgram(project, [...DENO_RUN, 'plain.js'], { runtime: DENO })
    expect(printed).toMatchObject({ exported: 0, lost: 0, pending: 8 })
  })

  test('a collector, in an edge runtime', async () => {
    const env = { WEIR_ENDPOINT: 'http://127.0.0.1:1' }
    const { printed } = await runProgram(project, ['edge-vm.js', 'edge.bundle.js'], { env })
    expect(printed).toMatchObject({ exported: 0, lost: 0, pending: 8 })
  })

  test('AsyncLocalStorage: the package says so', async () => {
    const { printed } = await runProgram(project, ['edge-vm.js', 'edge.bundle.js', 'bare'])
    expect(printed).toMatch('@weir/sdk: expected a runtime with AsyncLocalStorage')
  })
})

describe('CommonJS', () => {
  test('Jest', async () => {
    const args = ['node_modules/jest/bin/jest.js', '--json', 'plain.test.js']
    const { printed, spans } = await runProgram(project, args)
    expect(printed).toMatchObject({ success: true, numPassedTests: 2 })
    expect(tree(spans)).toContain('step < outer')
  })

  test.each([
    ['which Node loads as ES modules', ['node16.cjs']],
    ['where Node does not', ['--no-experimental-require-module', 'node16.cjs']],
    // Rewrites the package, and names its functions.
    ['by tsx', ['--import', 'tsx', 'node16.cts']],
  ])('TypeScript with `module: node16`, %s', async (_, args) => {
    const { printed, spans } = await runProgram(project, args)
    expect(printed).toEqual([42, 'input.value', 'sleep'])
    expect(tree(spans)).toEqual(['double', 'late', 'multiply < double', 'sleep < late'])
  })

  test('beside the ES modules, in one process: one context, one delivery', async () => {
    const { printed, spans } = await runProgram(project, [
      '--no-experimental-require-module',
      'two-builds.js',
    ])
    expect(printed).toEqual({ differ: true, exported: 5 })
    expect(tree(spans)).toEqual([
      'inner < step',
      'library < inner',
      'outer',
      'step < outer',
      'terminal < inner',
    ])
    const starts = spans.map(({ startTimeUnixNano }) => BigInt(startTimeUnixNano))
    const outer = spans.find(({ name }) => name === 'outer')!
    for (const start of starts) expect(start).toBeGreaterThanOrEqual(BigInt(outer.startTimeUnixNano))
  })
})

test.each(['express-4', 'express-5'])(
  '%s: what a careless developer records holds no secret',
  async (name) => {
    const { printed, spans } = await runProgram(project, ['express.js', name])
    expect(printed).toEqual([{ id: '1' }, { id: '2' }])
    expect(JSON.stringify(spans)).not.toContain('secret')
    const inputs = spans
      .filter(({ name }) => name === 'request')
      .map(({ attributes }) => attributes['input.value'])
    expect(inputs.sort()).toEqual([
      '"[IncomingMessage POST /orders/1]"',
      '"[IncomingMessage POST /orders/2]"',
    ])
    const runs = Object.groupBy(spans, ({ attributes }) => String(attributes['weir.run.id']))
    expect(Object.values(runs).map((run) => tree(run!))).toEqual(
      Array(2).fill([
        'both < order',
        'fails < order',
        'order',
        'request < order',
        'response < order',
        'socket < order',
      ]),
    )
  },
)
