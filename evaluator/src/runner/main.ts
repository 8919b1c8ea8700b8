import { readVariables, UsageError } from '@weir/config'
import { messageOf } from '../errors.ts'
import { dataFileOf, resolveCases } from '../evaluation/cases.ts'
import { type Evaluation, isDataSource } from '../evaluation/definition.ts'
import { loadEvalFile, registerTypeScript } from '../evaluation/load-file.ts'
import { outlineOf } from '../evaluation/outline.ts'
import { startRecorder } from '../local/recorder.ts'
import { delivery } from './delivery.ts'
import { followImports } from './imported-files.ts'
import { judgeRecorded, type Recording, runAndRecord } from './in-process.ts'
import { initTracing } from './init-tracing.ts'
import { judgeTrial } from './judge-trial.ts'
import {
  type CasesAnswer,
  type LoadedFile,
  NOT_BEGUN,
  type RunnerMessage,
  type RunnerNews,
  type RunnerRequest,
  type RunnerRequests,
  type SentEnd,
  type TrialRequest,
  toSent,
} from './messages.ts'
import { Slots } from './slots.ts'
import { guarded, guardProcess, untilQuiet } from './stray-errors.ts'

// A process for the user's code: whatever that does to its process reaches neither `weir eval` nor a worker. It loads the code
// afresh, does what it is asked, and ends with whoever asks.
const recording = process.argv[2] as Recording
const ALIVE_MS = 500
/** Of spans: so few that a message can be written and read whatever its texts are. */
const MOST_CHARACTERS = 16 * 1024 * 1024

const importedFiles = followImports()
guardProcess((unowned) => say({ unowned }))
if (recording === 'memory') startRecorder()
else {
  const { endpoint = 'http://127.0.0.1:4318', apiKey } = readVariables('worker')
  initTracing({ endpoint, apiKey })
}

const disconnect = process.disconnect.bind(process)
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
// Ctrl-C reaches every process of the terminal: the one that asks decides what ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
setInterval(() => say('alive'), ALIVE_MS).unref()
process.on('message', ({ requests }: Partial<RunnerRequests>) => {
  for (const request of requests ?? []) void reply(request)
})

const send = process.send!.bind(process)
let unsaid: RunnerNews[] = []
let unsaidCharacters = 0

/** @param characters of spans in it */
function say(news: RunnerNews, characters = 0): void {
  if (unsaid.length === 0) setImmediate(sayAll)
  unsaid.push(news)
  unsaidCharacters += characters
  if (unsaidCharacters > MOST_CHARACTERS) sayAll()
}

function sayAll(): void {
  if (unsaid.length === 0) return
  const message: RunnerMessage = { weir: unsaid }
  unsaid = []
  unsaidCharacters = 0
  // Without whoever asked there is nobody to tell, and nothing to do.
  send(message, undefined, undefined, (error) => {
    if (error !== null) disconnect()
  })
}

async function reply(request: RunnerRequest): Promise<void> {
  try {
    const value = await answer(request)
    say({ id: request.id, value }, charactersOf(value))
  } catch (error) {
    say({ id: request.id, error: messageOf(error), isUsage: error instanceof UsageError })
  }
}

let lastSpans: readonly string[] = []

/** Trials that end together have the same spans, which a message carries once. */
function charactersOf(value: unknown): number {
  const { spans = [] } = (value ?? {}) as Partial<SentEnd>
  if (spans === lastSpans) return 0
  lastSpans = spans
  return spans.reduce((sum, { length }) => sum + length, 0)
}

async function answer(task: RunnerRequest): Promise<unknown> {
  switch (task.kind) {
    case 'load':
      return loadedFile(task.file, await load(task.file))
    case 'cases':
      return casesOf(await find(task.file, task.evaluation), task.file)
    case 'trial':
      return runTrial(task)
    case 'judge': {
      const { experimentId, item, trialRun, run } = task
      return toSent(
        await judgeTrial(await find(task.file, task.evaluation), experimentId, item, trialRun, run),
      )
    }
    case 'deliver':
      await untilQuiet()
      return delivery.last()
  }
}

let concurrency = Number.POSITIVE_INFINITY
const atWork = new Slots(() => concurrency)
/** A task goes on although its time is up: this process ends once it has answered. */
let isRetired = false

async function runTrial(task: TrialRequest): Promise<SentEnd | typeof NOT_BEGUN> {
  concurrency = task.concurrency ?? Number.POSITIVE_INFINITY
  const evaluation = await find(task.file, task.evaluation)
  await atWork.take()
  const taskEnd = Promise.withResolvers<void>()
  void taskEnd.promise.then(() => atWork.giveBack())
  try {
    return isRetired ? NOT_BEGUN : await runBegun(evaluation, task, taskEnd.resolve)
  } finally {
    taskEnd.resolve()
  }
}

async function runBegun(
  evaluation: Evaluation,
  { id, subject, wantsSpans }: TrialRequest,
  onTaskEnd: () => void,
): Promise<SentEnd> {
  const end = await runAndRecord(evaluation, subject, recording, {
    onTaskEnd: () => {
      onTaskEnd()
      say({ taskEnded: id })
    },
    onLate: (runId, late) => say({ late, runId }),
  })
  isRetired ||= end.isRunning
  if (wantsSpans) return end
  const { spans: _spans, ...sent } = end
  const judged = await judgeRecorded(evaluation, subject, end)
  if (judged === undefined) return sent
  const { results, ...judgement } = judged
  return { ...sent, judgement: { ...judgement, sent: toSent(results) } }
}

function loadedFile(file: string, evaluations: readonly Evaluation[]): LoadedFile {
  const data = evaluations.flatMap((evaluation) => dataFileOf(evaluation, file) ?? [])
  return { outlines: evaluations.map(outlineOf), files: [...importedFiles(), ...data] }
}

const loaded = new Map<string, Promise<Evaluation[]>>()

function load(file: string): Promise<Evaluation[]> {
  const evaluations = loaded.get(file) ?? loadAndSay(file)
  loaded.set(file, evaluations)
  return evaluations
}

async function loadAndSay(file: string): Promise<Evaluation[]> {
  // Now and not at the start of the process: tsx would go through each of our own modules, too.
  await registerTypeScript(file)
  const evaluations = await guarded(() => loadEvalFile(file)).catch(unloadable(file))
  say('loaded')
  return evaluations
}

/** What a file does to the process while it is loaded is a mistake in the file, as what it throws is. */
function unloadable(file: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof UsageError ? error : new UsageError(`Cannot load ${file}.\n${messageOf(error)}`)
  }
}

async function find(file: string, name: string): Promise<Evaluation> {
  const found = (await load(file)).find((evaluation) => evaluation.name === name)
  if (found === undefined) throw new UsageError(`${file} has no evaluation "${name}" any more.`)
  return found
}

async function casesOf(evaluation: Evaluation, file: string): Promise<CasesAnswer> {
  const { data } = evaluation
  if (isDataSource(data)) return { source: data }
  return { data: await guarded(() => resolveCases(evaluation, file, undefined)) }
}
