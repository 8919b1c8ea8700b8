import { setImmediate as nextTurn } from 'node:timers/promises'
import { UsageError } from '@weir/config'
import { type Flow, flush, init, newRunId, type RunOptions } from '@weir/sdk'
import type { RunRecord } from '@weir/store/run-model'
import { readRuns, startReader } from './run-reader.ts'
import { SpanKeeper } from './span-keeper.ts'

/** Characters of a recorded value: an evaluation judges what was recorded, so it is cut late. */
export const MAX_RECORDED: number = 8 * 1024 * 1024

const SLOT = Symbol.for('weir.evaluator.recorder.1')
const holder = globalThis as { [SLOT]?: SpanKeeper }

/**
 * Starts the SDK with spans kept in this process, once.
 * @throws ConfigError, PriceFileError where the variables or the file of prices cannot be used
 */
export function startRecorder(): void {
  if (holder[SLOT] !== undefined) return
  startReader()
  holder[SLOT] = new SpanKeeper()
  init({ exporter: holder[SLOT], capture: { maxLength: MAX_RECORDED } })
}

/** Runs whose spans are taken together. */
interface Taking {
  readonly runIds: string[]
  readonly taken: Promise<ReturnType<SpanKeeper['take']>>
}

let taking: Taking | undefined

/**
 * The spans of these runs, and perhaps of others, as {@link SpanKeeper.take} gives them; they are forgotten then. What has not been
 * flushed is not among them. Runs of one turn of the event loop are taken together, and may have the same requests.
 */
export async function takeSpans(runIds: readonly string[]): Promise<readonly string[]> {
  taking ??= { runIds: [], taken: nextTurn().then(takeTogether) }
  taking.runIds.push(...runIds)
  const taken = await taking.taken
  const [first, ...others] = new Set(runIds.map((runId) => taken.get(runId)!))
  return others.length === 0 ? first! : [first!, ...others].flat()
}

function takeTogether(): ReturnType<SpanKeeper['take']> {
  const { runIds } = taking!
  taking = undefined
  const keeper = holder[SLOT]
  if (keeper === undefined) throw new UsageError('Nothing is recorded: the recorder was not started.')
  return keeper.take(runIds)
}

/**
 * Runs a flow once in this process, without a server, and returns what was recorded. What the flow throws is in the
 * record: status, `errorType` and `errorMessage`.
 *
 * @throws UsageError if something else set up tracing first, so that the run could not be recorded
 */
export async function recordRun<I, O>(
  flow: Pick<Flow<I, O>, 'name' | 'run'>,
  input: I,
  options: Omit<RunOptions, 'id'> = {},
): Promise<RunRecord> {
  startRecorder()
  const runId = newRunId()
  const run = flow.run as (input: I, options: RunOptions) => Promise<O>
  await run(input, { ...options, id: runId }).catch(() => {})
  await flush()
  const record = readRuns(await takeSpans([runId])).find((candidate) => candidate.runId === runId)
  if (record !== undefined) return record
  throw new UsageError(
    `The run of flow "${flow.name}" was not recorded: init() of @weir/sdk was called before. Import '@weir/evaluator/vitest' first, for example in Vitest's setupFiles.`,
  )
}
