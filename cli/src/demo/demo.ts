import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Store } from '@weir/store'
import type { Config } from '../config.ts'
import { CliError } from '../errors.ts'
import { loadOptional } from '../optional-package.ts'
import { experimentOf } from './experiment-report.ts'
import { runProgram, weirArguments } from './run-program.ts'
import { untilSettled } from './until-settled.ts'

/** The experiments that the demo leaves behind. */
export interface DemoResult {
  readonly passed: string
  readonly stopped: string
}

const UNAVAILABLE = 3
const SIMULATIONS = ['research', 'support-desk', 'orders']

/**
 * Runs the examples as a user would: their traffic of a simulated day, a monitor, an evaluation that passes and becomes
 * the baseline, and the same evaluation on the next version, which its gates stop.
 */
export async function runDemo(store: Store, config: Config): Promise<DemoResult> {
  const examples = await examplesDirectory()
  const passing = join(examples, 'research', 'research.eval.ts')
  const strict = join(examples, 'research', 'research-v2.eval.ts')
  const env = {
    ...process.env,
    WEIR_ENDPOINT: config.endpoint,
    WEIR_CLICKHOUSE_URL: config.clickhouseUrl,
    WEIR_REDIS_URL: config.redisUrl,
  }
  const weir = async (args: readonly string[], expected = 0) => {
    console.log(`\n$ weir ${args.map((arg) => arg.replace(`${examples}/`, 'examples/')).join(' ')}`)
    let code = await runProgram(weirArguments(args), env)
    // A process that is just being restarted is no reason to give up.
    for (let tries = 1; code === UNAVAILABLE && tries < 3; tries++) {
      await sleep(3_000)
      code = await runProgram(weirArguments(args), env)
    }
    if (code !== expected) throw demoError(`weir ${args[0]} ended with ${code}, expected ${expected}`)
  }
  const evaluate = async (file: string, expected: number) => {
    const directory = await mkdtemp(join(tmpdir(), 'weir-demo-'))
    try {
      const report = join(directory, 'report.json')
      await weir(['eval', file, '--json', report], expected)
      return experimentOf(JSON.parse(await readFile(report, 'utf8')))
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }

  await weir(['monitor', 'add', passing])
  console.log('\nthree programs run the traffic of a simulated day, about half a minute:')
  await Promise.all(
    SIMULATIONS.map((name) => simulate(join(examples, 'dist', 'simulation', `${name}.js`), env)),
  )
  await untilSettled(store)
  const passed = await evaluate(passing, 0)
  await weir(['baseline', 'promote', passed, '--name', 'main'])
  const stopped = await evaluate(strict, 1)
  await untilSettled(store)
  return { passed, stopped }
}

async function simulate(program: string, env: NodeJS.ProcessEnv): Promise<void> {
  const code = await runProgram([program], env, '  ')
  if (code !== 0) throw demoError(`${program} ended with ${code}`)
}

async function examplesDirectory(): Promise<string> {
  const manifest = await loadOptional('@weir/examples', async () =>
    fileURLToPath(import.meta.resolve('@weir/examples/package.json')),
  )
  return join(manifest, '..')
}

function demoError(message: string): CliError {
  return new CliError('WEIR_DEMO', 3, `the demo stopped: ${message}`)
}
