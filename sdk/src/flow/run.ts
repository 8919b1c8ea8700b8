import type { DurableRun, Parts } from '../durable/durable-run.ts'
import { FlowValidationError, RunTimeoutError } from '../errors.ts'
import { runtime } from '../runtime.ts'
import { WEIR_RUN_STATUS, WEIR_RUN_STEPS } from '../semconv.ts'
import { StoredSession } from '../sessions/session.ts'
import { newRunId } from '../spans/ids.ts'
import { recordFailure } from '../spans/record-error.ts'
import { callIn, callWith, currentScope, OUTSIDE, type Place, placeOf, type Scope } from '../spans/scope.ts'
import type { RecordedSpan } from '../spans/span.ts'
import { startSpan } from '../spans/start-span.ts'
import { capture, type Subject } from '../values/capture.ts'
import { isStream, observeStream } from '../values/streams.ts'
import { warn } from '../warn.ts'
import { isCancellation, limited } from './abort.ts'
import { describeFlow, describeRun } from './describe-run.ts'
import type { FlowDefinition } from './flow-definition.ts'
import { hookListener, tell } from './hooks.ts'
import { RunContext } from './run-context.ts'
import { checkOptions, type RunOptions, refuseKey } from './run-options.ts'
import type { RunListener, RunState } from './run-state.ts'
import type { Schema } from './schema.ts'

/** One run of a flow: its span, its state for the steps, its input and output checked and recorded. */
export async function executeRun(
  flow: FlowDefinition,
  input: unknown,
  options: RunOptions = {},
  reader?: RunListener,
  journal?: DurableRun,
): Promise<unknown> {
  const timeout = checkOptions(options)
  if (journal === undefined) refuseKey(flow.name, options)
  const scope = currentScope()
  const place = placeOf(scope)
  const span = startSpan(flow.name, describeFlow(flow), place)
  const run = newRun(flow, options, scope, place, span, reader)
  const fields = { ...OUTSIDE, run, session: run.session, span, signal: scope.signal, journal }
  const subject: Subject = { kind: 'flow', name: flow.name, key: undefined, scope: fields }
  if (span !== undefined) describeRun(span, scope.run, options, subject)
  capture(span, 'input', subject, input)
  const signals = [options.signal, scope.signal, journal?.signal].filter((signal) => signal !== undefined)
  const execution: Execution = { flow, run, span, subject, timeout, signals, journal }
  journal?.begin(partsOf(execution, place, scope, options), span)
  tell(run, (listener) => listener.started?.())
  let isOpen = false
  try {
    const given = await callIn(fields, place.base, executeWithinLimits, execution, input)
    const output = journal === undefined ? given : await journal.finish({ status: 'ok', output: given })
    const finish = (failure?: { error: unknown }) =>
      void settle(execution, scope, failure ?? { output: undefined })
    const stream = observeStream(output, { span, subject, fields, base: place.base, finish })
    isOpen = stream !== undefined
    if (!isOpen) {
      await addTurn(execution, scope, input, output)
      await settle(execution, scope, { output })
    }
    return stream ?? output
  } catch (error) {
    if (isOpen) throw error
    const stops = ownTimeout(error, flow) ? [] : signals
    if (journal?.isOver === false) await keepFailure(journal, error, stops)
    recordFailure(spanOf(execution), error, subject, stops)
    await settle(execution, scope, { error })
    throw error
  }
}

/** An outermost run of a flow with state is a turn of its session. */
async function addTurn(
  { flow: { name: flow, store, state }, run, journal }: Execution,
  around: Scope,
  input: unknown,
  output: unknown,
): Promise<void> {
  const { session, runId } = run
  if (store === undefined || state === undefined || session === undefined || around.run !== undefined) return
  try {
    const turn = { runId, flow, input, output, at: Date.now() }
    await new StoredSession(store, session, state).addTurn(turn, journal?.name ?? runId)
  } catch (error) {
    warn('session', `a turn of session ${session} is not kept: ${String(error)}`)
  }
}

async function keepFailure(journal: DurableRun, error: unknown, stops: AbortSignal[]): Promise<void> {
  try {
    await journal.finish({ status: isCancellation(error, ...stops) ? 'cancelled' : 'error', error })
  } catch {
    // It throws what it was given.
  }
}

/** The span of the run; of one that was suspended, its current part. */
function spanOf({ journal, span }: Execution): RecordedSpan | undefined {
  return journal === undefined ? span : journal.span
}

/** A run that goes on after a suspension does so in a span of its own, below the one before. */
function partsOf(execution: Execution, place: Place, around: Scope, options: RunOptions): Parts {
  const { flow, span: first, subject, run } = execution
  return {
    begin: () => {
      const parent = (execution.journal?.span ?? first)?.spanContext() ?? place.parent
      const part = startSpan(flow.name, describeFlow(flow), { parent, base: place.base })
      if (part !== undefined) describeRun(part, around.run, options, subject)
      return part
    },
    suspend: (span) => {
      span?.set(WEIR_RUN_STATUS, 'suspended')
      span?.set(WEIR_RUN_STEPS, run.steps)
      span?.end()
      tell(run, (listener) => listener.suspended?.())
    },
  }
}

/** A run that goes on. */
interface Execution {
  readonly flow: FlowDefinition
  readonly run: RunState
  readonly span: RecordedSpan | undefined
  readonly subject: Subject
  /** Milliseconds. */
  readonly timeout: number | undefined
  /** Each stops it. */
  readonly signals: AbortSignal[]
  readonly journal: DurableRun | undefined
}

function executeWithinLimits(execution: Execution, input: unknown): Promise<unknown> {
  const { flow, timeout, signals } = execution
  if (timeout === undefined && signals.length === 0) return executeHandler(execution, input, undefined)
  const timeoutError = (milliseconds: number) => new RunTimeoutError(flow.name, milliseconds)
  return limited({ timeout, timeoutError, signals }, (signal) =>
    callWith({ signal }, executeHandler, execution, input, signal),
  )
}

async function executeHandler(
  execution: Execution,
  input: unknown,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const { flow, run, subject } = execution
  const checked = flow.input === undefined ? input : await validate(flow, 'input', flow.input, input)
  const output = await flow.handler(checked, new RunContext(flow, run, signal) as never)
  if (isStream(output)) return output
  capture(spanOf(execution), 'output', subject, output)
  return flow.output === undefined ? output : validate(flow, 'output', flow.output, output)
}

/** Says how the run ended, and waits for its delivery where that was asked for. */
async function settle(
  execution: Execution,
  around: Scope,
  result: { output: unknown } | { error: unknown },
): Promise<void> {
  const { flow, run, signals } = execution
  const span = spanOf(execution)
  const isCancelled =
    'error' in result && !ownTimeout(result.error, flow) && isCancellation(result.error, ...signals)
  if (!isCancelled) span?.set(WEIR_RUN_STATUS, 'error' in result ? 'error' : 'ok')
  span?.set(WEIR_RUN_STEPS, run.steps)
  span?.end()
  tell(run, (listener) =>
    'error' in result ? listener.failed?.(result.error, isCancelled) : listener.completed?.(result.output),
  )
  tell(run, (listener) => listener.finished?.())
  if (around.run === undefined) await runtime.current?.deliverRun?.()
}

/** Its own time was up: that is a failure, though a signal told its steps. */
function ownTimeout(error: unknown, flow: FlowDefinition): boolean {
  return error instanceof RunTimeoutError && error.flow === flow.name
}

async function validate(
  { name }: FlowDefinition,
  side: 'input' | 'output',
  schema: Schema,
  value: unknown,
): Promise<unknown> {
  const result = await schema['~standard'].validate(value)
  if (result.issues !== undefined) throw new FlowValidationError(name, side, result.issues)
  return result.value
}

function newRun(
  flow: FlowDefinition,
  options: RunOptions,
  { run: outer, session }: Scope,
  { parent }: Place,
  span: RecordedSpan | undefined,
  reader: RunListener | undefined,
): RunState {
  // A run that is all of its trace has the trace's id, so that the two can be found by each other.
  const isTrace = outer === undefined && parent === undefined && span !== undefined
  const run: RunState = {
    runId: options.id ?? (isTrace ? span.spanContext().traceId : newRunId()),
    flow: flow.name,
    session: options.session ?? session,
    user: options.user ?? outer?.user,
    experiment: options.experiment ?? outer?.experiment,
    isRemote: false,
    occurrences: new Map(),
    steps: 0,
    chunk: flow.chunk,
    listeners: reader === undefined ? NO_LISTENERS : [reader],
  }
  if (flow.on !== undefined) run.listeners = [...run.listeners, hookListener(flow.on, run)]
  return run
}

const NO_LISTENERS: readonly RunListener[] = []
