import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Store } from '@weir/store'
import type { Config } from '../config.ts'
import { Sender } from '../import/sender.ts'
import { loadOptional } from '../optional-package.ts'
import { print } from '../print.ts'
import { childEnvironment } from '../supervisor/process-list.ts'
import { runProgram } from './run-program.ts'
import { untilSettled } from './until-settled.ts'
import { demoError, WeirCommand } from './weir-command.ts'

/** The experiments that the demo leaves behind. */
export interface DemoResult {
  readonly passed: string
  readonly stopped: string
}

const SIMULATIONS = ['research', 'support-desk', 'orders']
const FLOWS = ['research', 'answerTicket', 'summariseThread', 'supportAgent', 'POST /orders']
/** The worker settles every second; this leaves it some. */
const SETTLE_MS = 2_000
/** A collector that is just being restarted is waited for. */
const TIMEOUT_MS = 60_000

/**
 * Runs the examples as a user would: a monitor, the traffic of a simulated day, an evaluation that passes and becomes the
 * baseline, and the same evaluation on the next version, which its gates stop.
 */
export async function runDemo(store: Store, config: Config): Promise<DemoResult> {
  const examples = await examplesDirectory()
  const env = childEnvironment(config)
  // A collector that wants another key says so before anything runs.
  await new Sender({ endpoint: config.endpoint, apiKey: config.apiKey, timeoutMs: TIMEOUT_MS }).send([])
  const weir = new WeirCommand(env, examples)
  const evaluation = join(examples, 'research', 'research.eval.ts')
  await weir.run(['monitor', 'add', evaluation])
  print('', 'three programs run the traffic of a simulated day, about half a minute:')
  await Promise.all(
    SIMULATIONS.map((name) => simulate(join(examples, 'dist', 'simulation', `${name}.js`), env)),
  )
  await untilSettled(store, FLOWS, config.settleQuietMs + SETTLE_MS)
  const passed = await weir.evaluate(evaluation, 0)
  await weir.run(['baseline', 'promote', passed, '--name', 'main'])
  const stopped = await weir.evaluate(join(examples, 'research', 'research-v2.eval.ts'), 1)
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
  return dirname(manifest)
}
