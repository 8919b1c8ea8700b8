import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { InfrastructureError } from '@weir/config'
import { shellWord } from '@weir/store/text'
import { print } from '../print.ts'
import { experimentOf } from './experiment-report.ts'
import { runProgram, weirArguments } from './run-program.ts'

const UNAVAILABLE = 3
const TRIES = 3
const PAUSE_MS = 3_000

/** Runs commands of `weir` as a user types them, and prints them so. */
export class WeirCommand {
  readonly #env: NodeJS.ProcessEnv
  readonly #examples: string

  constructor(env: NodeJS.ProcessEnv, examples: string) {
    this.#env = env
    this.#examples = examples
  }

  /** @param hidden - arguments that are not worth showing */
  async run(args: readonly string[], expected = 0, hidden: readonly string[] = []): Promise<void> {
    const words = args.map((arg) => shellWord(arg.replace(`${this.#examples}/`, 'examples/')))
    print('', `$ weir ${words.join(' ')}`)
    let code = UNAVAILABLE
    // A process that is just being restarted is no reason to give up.
    for (let tries = 0; code === UNAVAILABLE && tries < TRIES; tries++) {
      if (tries > 0) await sleep(PAUSE_MS)
      code = await runProgram([...weirArguments(args), ...hidden], this.#env)
    }
    if (code !== expected) throw demoError(`weir ${args[0]} ended with ${code}, expected ${expected}`)
  }

  /** Gives the id of the experiment. */
  async evaluate(file: string, expected: number): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'weir-demo-'))
    try {
      const report = join(directory, 'report.json')
      await this.run(['eval', file], expected, ['--json', report])
      return experimentOf(JSON.parse(await readFile(report, 'utf8')))
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }
}

export function demoError(message: string): InfrastructureError {
  return new InfrastructureError(`the demo stopped: ${message}`)
}
