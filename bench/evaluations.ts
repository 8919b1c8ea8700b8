import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { repository, startInstallation, WEIR } from '@weir/engines/testing'
import { groupStats } from './process-usage.ts'

export const name = 'evaluations: 10 checks on each case, of a flow with two steps'

/** A directory in which `npm install evalite@0.19.0 vitest@3` was run; its Node is that of PATH. */
const EVALITE = process.env.WEIR_BENCH_EVALITE || undefined
/** A directory in which `npm install promptfoo@0.123.1` was run. */
const PROMPTFOO = process.env.WEIR_BENCH_PROMPTFOO || undefined
const SIZES = [1_000, 10_000]

interface Measured {
  readonly seconds: number
  /** Of the process and all that it started, seconds. */
  readonly cpu: number
  /** Of the largest of them, MiB. */
  readonly peak: number
}

/** Times `weir eval` beside Evalite and promptfoo, each as a user starts it. */
export async function run(): Promise<string> {
  // Beside the packages, so that the file finds them.
  const directory = await mkdtemp(join(repository, 'bench', 'dist', 'evaluations-'))
  await writeFile(join(directory, 'many.eval.ts'), MANY)
  const rows: string[] = []
  const row = (label: string, cases: number, { seconds, cpu, peak }: Measured) =>
    rows.push(
      `| ${label} | ${cases} | ${seconds.toFixed(1)} s | ${cpu.toFixed(1)} s | ${((cpu / cases) * 1e3).toFixed(2)} ms | ${Math.round(peak)} MiB |`,
    )
  try {
    await using weir = await startInstallation()
    for (const cases of SIZES) {
      const time = (args: string[], env: NodeJS.ProcessEnv) =>
        measure(directory, process.execPath, [WEIR, 'eval', ...args], { ...env, CASES: String(cases) })
      row('`weir eval --local`', cases, await time(['--local'], weir.env))
      row('`weir eval --local --in-process`', cases, await time(['--local', '--in-process'], weir.env))
      row('`weir eval`, recorded (without the server)', cases, await time([], weir.env))
    }
    const few = SIZES[0]!
    if (EVALITE !== undefined) row('Evalite 0.19.0, 10 scorers', few, await evalite(EVALITE, few))
    if (PROMPTFOO !== undefined) row('promptfoo 0.123.1, 10 assertions', few, await promptfoo(PROMPTFOO, few))
  } finally {
    await rm(directory, { recursive: true })
  }
  return [
    '| | cases | time | CPU | CPU a case | peak of the largest process |',
    '|---|---:|---:|---:|---:|---:|',
    ...rows,
  ].join('\n')
}

async function evalite(directory: string, cases: number): Promise<Measured> {
  const file = join(directory, 'weir-bench.eval.ts')
  await writeFile(file, PEER)
  try {
    const bin = join(directory, 'node_modules', 'evalite', 'dist', 'bin.js')
    return await measure(directory, 'node', [bin, 'run', file], { ...process.env, CASES: String(cases) })
  } finally {
    await rm(file)
  }
}

async function promptfoo(directory: string, cases: number): Promise<Measured> {
  const own = await mkdtemp(join(directory, 'weir-bench-'))
  try {
    await writeFile(join(own, 'provider.mjs'), PROVIDER)
    const config = {
      prompts: ['{{n}}'],
      providers: ['file://provider.mjs'],
      defaultTest: {
        assert: Array.from({ length: 10 }, () => ({
          type: 'javascript',
          value: 'JSON.parse(output).n >= 0',
        })),
      },
      tests: Array.from({ length: cases }, (_, n) => ({ vars: { n: String(n) } })),
    }
    await writeFile(join(own, 'config.json'), JSON.stringify(config))
    const bin = join(directory, 'node_modules', 'promptfoo', 'dist', 'src', 'entrypoint.js')
    const options = ['--no-cache', '--no-table', '--no-progress-bar', '-o', 'results.json']
    return await measure(own, process.execPath, [bin, 'eval', '-c', 'config.json', ...options], {
      ...process.env,
      PROMPTFOO_CONFIG_DIR: own,
      PROMPTFOO_DISABLE_TELEMETRY: '1',
      PROMPTFOO_DISABLE_UPDATE: '1',
    })
  } finally {
    await rm(own, { recursive: true })
  }
}

async function measure(
  directory: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Measured> {
  const startedMs = performance.now()
  const child = spawn(command, args, {
    cwd: directory,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  })
  // What it starts is of its group. Processes that are killed are counted by nobody else.
  const used = new Map<number, { readonly cpu: number; readonly peak: number }>()
  const look = setInterval(() => {
    for (const { pid, cpu, rss } of groupStats(child.pid!))
      used.set(pid, { cpu, peak: Math.max(rss, used.get(pid)?.peak ?? 0) })
  }, LOOK_MS)
  const [code] = await once(child, 'exit')
  clearInterval(look)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`)
  const seconds = (performance.now() - startedMs) / 1000
  const all = [...used.values()]
  return {
    seconds,
    cpu: all.reduce((sum, { cpu }) => sum + cpu, 0),
    peak: Math.max(...all.map(({ peak }) => peak)) / 2 ** 20,
  }
}

const LOOK_MS = 50

const MANY = `
import { evaluate, run, steps } from '@weir/evaluator'
import { flow } from '@weir/sdk'

const task = flow('many', { version: '1' }, async (n: number) => {
  await flow.step('a', async () => n)
  await flow.step('b', async () => n + 1)
  return { n }
})

export default evaluate('many', {
  task,
  data: Array.from({ length: Number(process.env.CASES) }, (_, input) => ({ id: String(input), input })),
  checks: [
    run.toSucceed(),
    run.toHaveNoErrors(),
    run.toFinishWithin('60s'),
    steps.toHaveRun('a'),
    steps.toHaveRun('b', { times: 1 }),
    steps.toHaveOrder('a', 'b'),
    steps.not.toHaveRun('c'),
    steps.toHaveSucceeded('a'),
    steps.toHaveFinishedWithin('b', '60s'),
    steps.toHaveRetriedAtMost('a', 0),
  ],
})
`

const PEER = `
import { evalite } from 'evalite'

evalite('many', {
  data: async () => Array.from({ length: Number(process.env.CASES) }, (_, input) => ({ input })),
  task: async (n: number) => ({ n }),
  scorers: Array.from({ length: 10 }, (_, i) => ({ name: 'check ' + i, scorer: ({ output }) => (output.n >= 0 ? 1 : 0) })),
})
`

const PROVIDER = `
export default class {
  id() { return 'many' }
  async callApi(prompt) { return { output: JSON.stringify({ n: Number(prompt) }) } }
}
`
