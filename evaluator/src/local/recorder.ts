import { setImmediate as nextTurn } from 'node:timers/promises'
import { readVariables, UsageError } from '@weir/config'
import { readPrices } from '@weir/dialects'
import { type Flow, flush, init, newRunId, type RunOptions } from '@weir/sdk'
import type { RunRecord } from '@weir/store/run-model'
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
  const { project, prices } = readVariables('eval')
  holder[SLOT] = new SpanKeeper({ project, prices: readPrices(prices) })
  init({ exporter: holder[SLOT], capture: { maxLength: MAX_RECORDED } })
}

/** Runs that are taken together. */
interface Taking {
  readonly runIds: string[]
  readonly records: Promise<RunRecord[]>
}

let taking: Taking | undefined

/**
 * The recorded runs that belong to these, perhaps among others; they are forgotten then. What has not been flushed is not among
 * them. Runs that end together are read together: reading one takes nearly as long as reading ten.
 */
export async function takeRuns(of: readonly string[]): Promise<RunRecord[]> {
  taking ??= { runIds: [], records: nextTurn().then(takeTogether) }
  const { runIds, records } = taking
  runIds.push(...of)
  // One that cannot be read must not take the others with it.
  return records.catch(() => startedKeeper().takeRuns(of))
}

function takeTogether(): RunRecord[] {
  const { runIds } = taking!
  taking = undefined
  return startedKeeper().takeRuns(runIds)
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
  const record = (await takeRuns([runId])).find((candidate) => candidate.runId === runId)
  if (record !== undefined) return record
  throw new UsageError(
    `The run of flow "${flow.name}" was not recorded: init() of @weir/sdk was called before. Import '@weir/evaluator/vitest' first, for example in Vitest's setupFiles.`,
  )
}

function startedKeeper(): SpanKeeper {
  const keeper = holder[SLOT]
  if (keeper === undefined) throw new UsageError('Nothing is recorded: the recorder was not started.')
  return keeper
}
