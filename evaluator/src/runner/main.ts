import { readVariables, UsageError } from '@weir/config'
import { messageOf } from '../errors.ts'
import { dataFileOf, resolveCases } from '../evaluation/cases.ts'
import { type Evaluation, isDataSource } from '../evaluation/definition.ts'
import { loadEvalFile, registerTypeScript } from '../evaluation/load-file.ts'
import { outlineOf } from '../evaluation/outline.ts'
import { startRecorder } from '../local/recorder.ts'
import { delivery } from './delivery.ts'
import { followImports } from './imported-files.ts'
import { type RecordedEnd, type Recording, runAndRecord } from './in-process.ts'
import { initTracing } from './init-tracing.ts'
import { judgeTrial } from './judge-trial.ts'
import {
  type CasesAnswer,
  type LoadedFile,
  type RunnerMessage,
  type RunnerNews,
  type RunnerRequest,
  type RunnerRequests,
  type SentEnd,
  toSent,
} from './messages.ts'
import { guarded, guardProcess, untilQuiet } from './stray-errors.ts'

// A process for the user's code: whatever that does to its process reaches neither `weir eval` nor a worker. It loads the code
// afresh, does what it is asked, and ends with whoever asks.
const recording = process.argv[2] as Recording
const ALIVE_MS = 500

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

function say(news: RunnerNews): void {
  if (unsaid.length === 0) setImmediate(sayAll)
  unsaid.push(news)
}

function sayAll(): void {
  const message: RunnerMessage = { weir: unsaid }
  unsaid = []
  // Without whoever asked there is nobody to tell, and nothing to do.
  send(message, undefined, undefined, (error) => {
    if (error !== null) disconnect()
  })
}

async function reply(request: RunnerRequest): Promise<void> {
  try {
    say({ id: request.id, value: await answer(request) })
  } catch (error) {
    say({ id: request.id, error: messageOf(error), isUsage: error instanceof UsageError })
  }
}

async function answer(task: RunnerRequest): Promise<unknown> {
  switch (task.kind) {
    case 'load':
      return loadedFile(task.file, await load(task.file))
    case 'cases':
      return casesOf(await find(task.file, task.evaluation), task.file)
    case 'trial':
      return toSentEnd(
        await runAndRecord(await find(task.file, task.evaluation), task.subject, recording, {
          onTaskEnd: () => say({ taskEnded: task.id }),
          onLate: (runId, late) => say({ late, runId }),
        }),
      )
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

function toSentEnd({ results, ...end }: RecordedEnd): SentEnd {
  return { ...end, sent: results && toSent(results) }
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
