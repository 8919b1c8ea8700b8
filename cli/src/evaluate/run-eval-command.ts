import { InfrastructureError, reachableHost, UsageError } from '@weir/config'
import {
  allReporters,
  type Evaluation,
  type EvaluationMode,
  type ExperimentReport,
  exitCodeOf,
  findEvalFiles,
  jsonReporter,
  junitReporter,
  loadEvalFile,
  prepareMode,
  type Reporter,
  type RunSettings,
  runEvaluation,
  terminalReporter,
  toExitCode,
  toJsonReport,
} from '@weir/evaluator'
import { shutdown } from '@weir/sdk'
import { migrate } from '@weir/store'
import { type Config, readConfig } from '../config.ts'
import { openStore } from '../open-store.ts'
import { printError } from '../print.ts'
import { requireWritable } from '../require-writable.ts'
import { currentRevision } from './current-revision.ts'

export interface EvalOptions {
  readonly filter?: string
  readonly trials?: number
  readonly concurrency?: number
  readonly baseline?: string
  readonly json?: string
  readonly junit?: string
  readonly queue: boolean
  readonly local: boolean
}

interface Loaded {
  readonly file: string
  readonly evaluation: Evaluation
}

/** Milliseconds that an error's message has to be written. */
const EXIT_MS = 1_000

/** Ends the process: what a user's modules keep open must not keep a finished evaluation waiting. */
export async function runEvalCommand(paths: readonly string[], options: EvalOptions): Promise<never> {
  const config = readConfig()
  const files = await findEvalFiles(paths)
  if (files.length === 0) throw new UsageError('there is no *.eval.ts file below this directory')
  for (const report of [options.json, options.junit]) {
    if (report !== undefined && report !== '-') requireWritable(report)
  }
  const mode = await toMode(config, options)
  await prepareMode(mode)
  const reporter = toReporter(config, options)
  const { filter, trials, baseline, concurrency } = options
  const revision = currentRevision()
  const settings = { filter, trials, baseline, concurrency, revision, signal: interruption() }
  const loaded = await loadAll(files, filter)
  const { reports, failure } = await runAll(loaded, mode, reporter, settings)
  const exitCode = failure === undefined ? toExitCode(reports) : exitCodeOf(failure.error)
  await reporter.onEnd?.(reports, exitCode)
  await shutdown()
  if (reports.length === 0 && failure === undefined)
    printError(`weir: no evaluation has a name, and no case an id, that contains "${filter}"`)
  if (failure !== undefined) {
    setTimeout(() => process.exit(), EXIT_MS).unref()
    throw failure.error
  }
  await Promise.all([written(process.stdout), written(process.stderr)])
  process.exit(exitCode)
}

/** Aborts at the first Ctrl-C, so that the experiment does not stay as running; the second ends the process. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => controller.abort(new InfrastructureError(`interrupted by ${signal}`)))
  }
  return controller.signal
}

interface Ran {
  readonly reports: readonly ExperimentReport[]
  /** What ended everything; what was evaluated before it is reported all the same. */
  readonly failure?: { readonly error: unknown }
}

async function runAll(
  loaded: readonly Loaded[],
  mode: EvaluationMode,
  reporter: Reporter,
  settings: RunSettings & { readonly signal: AbortSignal },
): Promise<Ran> {
  const reports: ExperimentReport[] = []
  try {
    for (const { file, evaluation } of loaded)
      reports.push(...(await runEvaluation(evaluation, mode, reporter, { ...settings, file })))
    return { reports }
  } catch (error) {
    return { reports, failure: { error } }
  }
}

/** Resolves once a pipe has taken everything: `process.exit` drops what it has not. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()))
}

async function toMode(config: Config, options: EvalOptions): Promise<EvaluationMode> {
  if (options.local) return { kind: 'local' }
  const store = await openStore(config)
  await migrate(store)
  const { endpoint, apiKey, redisUrl, queueKey } = config
  if (options.queue) {
    if (queueKey === undefined) throw new InfrastructureError(NO_QUEUE_KEY)
    return { kind: 'queue', store, redisUrl, queueKey }
  }
  return { kind: 'recorded', store, endpoint, ...(apiKey === undefined ? {} : { apiKey }) }
}

const NO_QUEUE_KEY =
  'there is no key to sign queued jobs with: start Weir with "weir up" on this WEIR_HOME, or set WEIR_QUEUE_KEY to that of the workers'

/** All files are loaded before anything runs, so that a mistake in the last one shows at once. */
async function loadAll(files: readonly string[], filter: string | undefined): Promise<Loaded[]> {
  const loaded: Loaded[] = []
  for (const file of files) {
    for (const evaluation of await loadEvalFile(file)) loaded.push({ file, evaluation })
  }
  if (filter === undefined) return loaded
  const named = loaded.filter(({ evaluation }) => evaluation.name.includes(filter))
  return named.length > 0 ? named : loaded
}

function toReporter(config: Config, options: EvalOptions): Reporter {
  const toStdout = options.json === '-'
  const stream = toStdout ? process.stderr : process.stdout
  return allReporters([
    terminalReporter({
      write: (text) => stream.write(text),
      isInteractive: stream.isTTY === true,
      ...dashboardOf(config),
    }),
    ...(toStdout ? [stdoutReporter()] : options.json === undefined ? [] : [jsonReporter(options.json)]),
    ...(options.junit === undefined ? [] : [junitReporter(options.junit)]),
  ])
}

function stdoutReporter(): Reporter {
  return { onEnd: (reports, exitCode) => void process.stdout.write(toJsonReport(reports, exitCode)) }
}

/** Where the pages are is known only for a Weir on this machine. */
function dashboardOf({ endpoint, host, ports }: Config): { dashboardUrl?: string } {
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(endpoint).hostname)
  return isHere ? { dashboardUrl: `http://${reachableHost(host)}:${ports.dashboard}` } : {}
}
