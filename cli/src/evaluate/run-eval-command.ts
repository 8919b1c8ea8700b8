import { InfrastructureError, reachableHost, UsageError } from '@weir/config'
import {
  allReporters,
  type EvaluationCode,
  type EvaluationMode,
  type EvaluationSettings,
  type ExperimentReport,
  exitCodeOf,
  findEvalFiles,
  githubReporter,
  inProcess,
  jsonReporter,
  junitReporter,
  loadEvalFile,
  loadInChild,
  markdownReporter,
  prepareMode,
  type Reporter,
  registerTypeScript,
  requireAvailable,
  runCode,
  terminalReporter,
  toExitCode,
  toJsonReport,
  toMarkdown,
} from '@weir/evaluator'
import { shutdown } from '@weir/sdk'
import { migrate } from '@weir/store'
import { promoteExperiment } from '@weir/store/evaluations'
import { type Config, readConfig } from '../config.ts'
import { openStore } from '../open-store.ts'
import { printError } from '../print.ts'
import { requireWritable } from '../require-writable.ts'
import { currentRevision, mergeBase } from './current-revision.ts'
import { SeenTags } from './seen-tags.ts'

export interface EvalOptions {
  readonly filter?: string
  readonly tag?: readonly string[]
  readonly variant?: readonly string[]
  readonly promote?: string
  readonly trials?: number
  readonly concurrency?: number
  readonly baseline?: string
  readonly resume?: string
  readonly json?: string
  readonly junit?: string
  readonly markdown?: string
  readonly github: boolean
  readonly queue: boolean
  readonly local: boolean
  readonly inProcess: boolean
}

/** Milliseconds that an error's message has to be written. */
const EXIT_MS = 1_000

/** Ends the process: what a user's modules keep open must not keep a finished evaluation waiting. */
export async function runEvalCommand(paths: readonly string[], options: EvalOptions): Promise<never> {
  const config = readConfig()
  const files = await findEvalFiles(paths)
  if (files.length === 0) throw new UsageError('there is no *.eval.ts file below this directory')
  requireReports(options)
  const mode = await toMode(config, options)
  const write = process.stdout.write.bind(process.stdout)
  const reporter = toReporter(config, options, write)
  const { filter, tag: tags, variant: variants, trials, baseline, concurrency, resume } = options
  const settings = {
    ...{ filter, tags, variants, trials, baseline, concurrency, resume },
    revision: currentRevision(),
    baselineRevision: baseline === undefined ? undefined : mergeBase(baseline),
    signal: interruption(),
  }
  const codes = await loadAll(files, mode, options)
  const { reports, failure } = await runAll(codes, mode, reporter, settings)
  const exitCode = failure === undefined ? toExitCode(reports) : exitCodeOf(failure.error)
  await reporter.onEnd?.(reports, exitCode)
  if (exitCode === 0 && options.promote !== undefined) await promote(mode, reports, options.promote)
  await shutdown()
  if (reports.length === 0 && failure === undefined) printError(`weir: ${nothingText(options)}`)
  if (failure !== undefined) {
    setTimeout(() => process.exit(), EXIT_MS).unref()
    throw failure.error
  }
  await Promise.all([written(process.stdout), written(process.stderr)])
  process.exit(exitCode)
}

function requireReports({ json, junit, markdown }: EvalOptions): void {
  for (const report of [json, junit, markdown])
    if (report !== undefined && report !== '-') requireWritable(report)
  if (json === '-' && markdown === '-')
    throw new UsageError(
      '--json and --markdown cannot both be "-": stdout holds one of them. Name a file for the other.',
    )
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

interface Ran {
  readonly reports: readonly ExperimentReport[]
  /** The first error; what could be evaluated is reported all the same. */
  readonly failure?: { readonly error: unknown }
}

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
  if (failure === undefined && settings.signal?.aborted !== true) {
    try {
      seenTags.require(settings.tags)
    } catch (error) {
      failure = { error }
    }
  }
  return failure === undefined ? { reports } : { reports, failure }
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

/** All files are loaded before anything runs, so that a mistake in the last one shows at once. */
async function loadAll(
  files: readonly string[],
  mode: EvaluationMode,
  options: EvalOptions,
): Promise<EvaluationCode[]> {
  if (options.inProcess) {
    await registerTypeScript(files[0]!)
    await prepareMode(mode)
  } else if (mode.kind === 'recorded') await requireAvailable(mode.store, mode)
  // What tasks print must not be in the report.
  if (isStdoutTaken(options)) process.stdout.write = process.stderr.write.bind(process.stderr)
  const codes: EvaluationCode[] = []
  for (const file of files) codes.push(...(await load(file, mode, options, files.length === 1)))
  requireOneFileEach(codes)
  requireVariants(codes, options.variant)
  const { filter } = options
  const named = codes.filter(({ outline }) => filter === undefined || outline.name.includes(filter))
  return named.length > 0 ? named : codes
}

async function load(
  file: string,
  mode: EvaluationMode,
  options: EvalOptions,
  keepLoaded: boolean,
): Promise<EvaluationCode[]> {
  const recording = mode.kind === 'recorded' ? 'collector' : 'memory'
  if (options.inProcess) return (await loadEvalFile(file)).map((one) => inProcess(one, recording, file))
  const stdout = isStdoutTaken(options) ? 'stderr' : 'stdout'
  const env = mode.kind === 'recorded' ? collectorOf(mode) : {}
  return loadInChild(file, { directory: process.cwd(), recording, env, stdout, keepLoaded })
}

function collectorOf({ endpoint, apiKey }: Extract<EvaluationMode, { kind: 'recorded' }>): NodeJS.ProcessEnv {
  return { WEIR_ENDPOINT: endpoint, ...(apiKey === undefined ? {} : { WEIR_API_KEY: apiKey }) }
}

/** A misspelt one would leave out what its author wants to see. */
function requireVariants(codes: readonly EvaluationCode[], wanted: readonly string[] = []): void {
  const known = new Set(codes.flatMap(({ outline }) => outline.variants.map(({ name }) => name)))
  const unknown = wanted.find((name) => !known.has(name))
  if (unknown === undefined) return
  const names = [...known].filter((name) => name !== '').join(', ') || 'none'
  throw new UsageError(`No evaluation has the variant "${unknown}". There are: ${names}.`)
}

/** Baselines, pages and reports know an evaluation by its name alone. */
function requireOneFileEach(codes: readonly EvaluationCode[]): void {
  const fileOf = new Map<string, string | undefined>()
  for (const { outline, file } of codes) {
    if (fileOf.has(outline.name))
      throw new UsageError(
        `Two evaluations are named "${outline.name}": one in ${fileOf.get(outline.name)}, one in ${file}. Give each its own name.`,
      )
    fileOf.set(outline.name, file)
  }
}

function toReporter(
  config: Config,
  options: EvalOptions,
  writeStdout: NodeJS.WriteStream['write'],
): Reporter {
  const { json, junit, markdown, github } = options
  const stream = isStdoutTaken(options) ? process.stderr : process.stdout
  const write = (text: string) => void stream.write(text)
  const dashboard = dashboardOf(config)
  const summary = process.env.GITHUB_STEP_SUMMARY
  return allReporters([
    terminalReporter({ write, isInteractive: stream.isTTY === true, ...dashboard }),
    ...(json === undefined ? [] : [json === '-' ? onStdout(writeStdout, toJsonReport) : jsonReporter(json)]),
    ...(junit === undefined ? [] : [junitReporter(junit)]),
    ...(markdown === undefined
      ? []
      : [
          markdown === '-'
            ? onStdout(writeStdout, (reports) => toMarkdown(reports, dashboard))
            : markdownReporter(markdown, dashboard),
        ]),
    ...(github ? [githubReporter(write)] : []),
    ...(github && summary ? [markdownReporter(summary, { ...dashboard, append: true })] : []),
  ])
}

/** A report has stdout for itself; all else that would be printed goes to stderr. */
function isStdoutTaken({ json, markdown }: EvalOptions): boolean {
  return json === '-' || markdown === '-'
}

/** Waits until the pipe has taken everything: `process.exit` drops what it has not. */
function onStdout(write: NodeJS.WriteStream['write'], toText: typeof toJsonReport): Reporter {
  return {
    onEnd: (reports, exitCode) => new Promise((resolve) => write(toText(reports, exitCode), () => resolve())),
  }
}

/** Where the pages are is known only for a Weir on this machine. */
function dashboardOf({ endpoint, host, ports }: Config): { dashboardUrl?: string } {
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(endpoint).hostname)
  return isHere ? { dashboardUrl: `http://${reachableHost(host)}:${ports.dashboard}` } : {}
}
