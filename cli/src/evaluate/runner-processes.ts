import { RunnerProcesses } from '@weir/evaluator/runner'
import type { Config } from '../config.ts'
import { type EvalOptions, isStdoutTaken } from './eval-options.ts'

/** Processes for the code of one file; the first starts now, while this process loads the rest of itself. */
export function startProcesses(
  { endpoint, apiKey }: Config,
  options: EvalOptions,
  keepLoaded: boolean,
): RunnerProcesses {
  const isRecorded = !options.local && !options.queue
  const collector = { WEIR_ENDPOINT: endpoint, ...(apiKey === undefined ? {} : { WEIR_API_KEY: apiKey }) }
  const processes = new RunnerProcesses({
    directory: process.cwd(),
    recording: isRecorded ? 'collector' : 'memory',
    env: isRecorded ? collector : {},
    stdout: isStdoutTaken(options) ? 'stderr' : 'stdout',
    keepLoaded,
  })
  processes.spare()
  return processes
}
