import { setFlagsFromString } from 'node:v8'
import { InfrastructureError, UsageError } from '@weir/config'
import {
  type EvaluationCode,
  type EvaluationMode,
  type EvaluationSettings,
  type ExperimentReport,
  exitCodeOf,
  findEvalFiles,
  type Reporter,
  runCode,
  toExitCode,
} from '@weir/evaluator'
import type { RunnerProcesses } from '@weir/evaluator/runner'
import { shutdown } from '@weir/sdk'
import { migrate } from '@weir/store'
import { promoteExperiment } from '@weir/store/evaluations'
import type { Config } from '../config.ts'
import { openStore } from '../open-store.ts'
import { printError } from '../print.ts'
import { changedFiles } from './changed-files.ts'
import { currentRevision, mergeBase } from './current-revision.ts'
import type { EvalOptions } from './eval-options.ts'
import { requireReports, toReporter } from './eval-reporter.ts'
import { loadAll, loadOne, namedBy, prepareLoading } from './load-evaluations.ts'
import { type Ran, rerunChanged } from './rerun-changed.ts'
import { startProcesses } from './runner-processes.ts'
import { SeenTags } from './seen-tags.ts'

/** Milliseconds that an error's message has to be written. */
const EXIT_MS = 1_000

/**
 * Ends the process: what a user's modules keep open must not keep a finished evaluation waiting.
 * @param started for the first file; undefined where code runs in this process
 */
export async function runEvalCommand(
  config: Config,
  paths: readonly string[],
  options: EvalOptions,
  started: RunnerProcesses | undefined,
): Promise<never> {
  const { changed } = options
  const files = await findEvalFiles(paths)
  if (files.length === 0) throw new UsageError('there is no *.eval.ts file below this directory')
  requireReports(options)
  const changes = changed === undefined ? undefined : changedFiles(changed)
  const mode = await toMode(config, options)
  const write = process.stdout.write.bind(process.stdout)
  const { filter, tag: tags, variant: variants, trials, baseline, concurrency, resume } = options
  const signal = interruption()
  const settings = {
    ...{ filter, tags, variants, trials, baseline, concurrency, resume, signal },
    revision: currentRevision(),
    baselineRevision: baseline === undefined ? undefined : mergeBase(baseline),
  }
  const run = async (codes: readonly EvaluationCode[]): Promise<Ran> => {
    const reporter = toReporter(config, options, write)
    const ran = await runAll(namedBy(codes, filter), mode, reporter, settings)
    await reporter.onEnd?.(ran.reports, ran.exitCode)
    return ran
  }
  await prepareLoading(files[0]!, mode, options)
  const start = () => (options.inProcess ? undefined : startProcesses(config, options, false))
  const codes = await loadAll(
    files,
    (file, nth) => loadOne(file, mode, nth === 0 ? started : start()),
    options,
  )
  const wanted =
    changes === undefined ? codes : codes.filter(({ files }) => files.some((file) => changes.has(file)))
  if (changes !== undefined)
    printError(`${wanted.length} of ${codes.length} evaluations changed since ${changed}`)
  if (mode.kind === 'recorded' && !options.inProcess) keepYoungGeneration()
  const first = await run(wanted)
  const load = (file: string) => loadOne(file, mode, start())
  const last = options.watch ? await rerunChanged({ paths, codes, load, run, first, signal }) : first
  if (last.exitCode === 0 && options.promote !== undefined) await promote(mode, last.reports, options.promote)
  await shutdown()
  if (wanted.length > 0 && last.reports.length === 0 && last.failure === undefined)
    printError(`weir: ${nothingText(options)}`)
  if (last.failure !== undefined && !options.watch) {
    setTimeout(() => process.exit(), EXIT_MS).unref()
    throw last.failure.error
  }
  await Promise.all([written(process.stdout), written(process.stderr)])
  process.exit(last.exitCode)
}

/**
 * The young generation stays as large as it is. V8 would let it grow to 128 MiB, nearly all of it garbage: 10,000 cases took up to
 * 380 MiB so, and take 230 to 280 in the same time.
 */
function keepYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}

function nothingText({ resume, filter, tag }: EvalOptions): string {
  if (resume !== undefined) return `no evaluation here is that of experiment "${resume}": name its file`
  const wanted = [
    ...(filter === undefined ? [] : [`has a name, or a case with an id, that contains "${filter}"`]),
    ...(tag === undefined ? [] : [`has a case with the tag ${tag.join(' or ')}`]),
  ]
  return `no evaluation ${wanted.join(' and ')}`
}

/** A baseline has one experiment: of several variants, the first one counts. */
async function promote(
  mode: EvaluationMode,
  reports: readonly ExperimentReport[],
  name: string,
): Promise<void> {
  if (mode.kind === 'local') return
  const promoted = new Set<string>()
  for (const { experimentId, evaluation } of reports) {
    if (promoted.has(evaluation)) continue
    promoted.add(evaluation)
    await promoteExperiment(mode.store, { experimentId, name })
    printError(`${experimentId} is now the baseline "${name}" of ${evaluation}`)
  }
}

/** Aborts at the first Ctrl-C, so that the experiment does not stay as running; the second ends the process. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => controller.abort(new InfrastructureError(`interrupted by ${signal}`)))
  }
  return controller.signal
}

/** Also without an evaluation: none was asked for that changed. */
async function runAll(
  codes: readonly EvaluationCode[],
  mode: EvaluationMode,
  reporter: Reporter,
  settings: EvaluationSettings,
): Promise<Ran> {
  const reports: ExperimentReport[] = []
  const seenTags = new SeenTags()
  let failure: Ran['failure']
  for (const code of codes) {
    if (settings.signal?.aborted) break
    try {
      reports.push(...(await runCode(seenTags.watch(code), mode, reporter, settings)))
    } catch (error) {
      failure ??= { error }
      // A mistake in one evaluation says nothing of the others; without Weir, none can run.
      if (!(error instanceof UsageError)) break
    }
  }
  if (codes.length > 0 && failure === undefined && settings.signal?.aborted !== true) {
    try {
      seenTags.require(settings.tags)
    } catch (error) {
      failure = { error }
    }
  }
  const exitCode =
    failure !== undefined ? exitCodeOf(failure.error) : codes.length === 0 ? 0 : toExitCode(reports)
  return { reports, failure, exitCode }
}

/** Resolves once a pipe has taken everything. */
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
