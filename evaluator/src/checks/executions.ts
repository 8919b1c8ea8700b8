import { formatDuration } from '@weir/config'
import type { CallRecord, ChildRun, Content, RunRecord, StepRecord } from '@weir/store/run-model'
import { z } from 'zod'
import { at, capitalised, name } from './check.ts'

/** What has recorded times: step executions, and calls of one kind, in a step or not. */
export const timedSubject = z.enum(['steps', 'tools', 'models', 'agents', 'retrievers', 'embedders'])
/** What a check is about; `childRuns` are the runs that the run started. */
export const subject = z.enum([...timedSubject.options, 'childRuns'])

export type Subject = z.infer<typeof subject>

/** The executions of a step within which a check looks; absent: the whole run. */
export const within = z.strictObject({ name, at }).optional()

/** For `refine`: child runs do not say in which step they were started. */
export const KNOWN_INSIDE: readonly [
  (check: { readonly of: Subject; readonly in?: Selected | undefined }) => boolean,
  string,
] = [(check) => check.of !== 'childRuns' || check.in === undefined, 'child runs are not known by step']

/** A name, or one occurrence of it. */
export type Selected = NonNullable<z.infer<typeof within>>

/** What a check sees of a step execution, a call or a child run. `parent` is the step around it: an index among the run's steps. */
export type Execution = Omit<StepRecord, 'kind'>

/** What a run recorded of one subject. */
export interface Recorded {
  readonly run: RunRecord
  readonly of: Subject
  /** By start. */
  readonly executions: readonly Execution[]
  /** The step execution that all of them are in, where a check looks into one. */
  readonly inside?: Execution
  /** The execution that is judged, where a check judges each by itself. */
  readonly target?: Execution
}

const NOUNS: Readonly<Record<Subject, string>> = {
  steps: 'steps',
  tools: 'tool calls',
  models: 'model calls',
  agents: 'agent calls',
  retrievers: 'retriever calls',
  embedders: 'embedder calls',
  childRuns: 'child runs',
}

export function recordedOf(run: RunRecord, of: Subject): Recorded {
  return { run, of, executions: executionsOf(run, of) }
}

function executionsOf(run: RunRecord, of: Subject): readonly Execution[] {
  if (of === 'steps') return run.steps
  if (of === 'childRuns') return countOccurrences(run.children.map(fromChild))
  // A call's kind is the subject in the singular.
  return countOccurrences(run.calls.filter(({ kind }) => `${kind}s` === of).map(fromCall))
}

type Uncounted = Omit<Execution, 'occurrence'>

const ONE_ATTEMPT = { attempts: 1, fallback: false }

function fromCall({ kind: _kind, step, ...call }: CallRecord): Uncounted {
  return { ...call, parent: step, ...ONE_ATTEMPT }
}

/** Its times are in its own record. */
function fromChild({ flow, status }: ChildRun): Uncounted {
  return { name: flow, status, startNs: 0, durationNs: 0, uncertainNs: 0, parent: -1, ...ONE_ATTEMPT }
}

function countOccurrences(executions: readonly Uncounted[]): Execution[] {
  const seen = new Map<string, number>()
  return executions.map((execution) => {
    const occurrence = seen.get(execution.name) ?? 0
    seen.set(execution.name, occurrence + 1)
    return { ...execution, occurrence }
  })
}

export function isOfCalls(of: Subject): boolean {
  return of !== 'steps' && of !== 'childRuns'
}

/** By start. Inside a step, occurrences are counted anew. */
export function occurrencesOf({ executions, inside }: Recorded, { name, at }: Selected): Execution[] {
  const all = executions.filter((candidate) => candidate.name === name)
  if (at === undefined) return all
  if (inside === undefined) return all.filter(({ occurrence }) => occurrence === at)
  return all.sort((a, b) => a.occurrence - b.occurrence).slice(at, at + 1)
}

/** The step executions around an execution, the nearest first. */
export function* stepsAround({ steps }: RunRecord, { parent }: Execution): Generator<StepRecord> {
  let around = steps[parent]
  // Bounded by the number of steps, so that a cycle in a broken record ends.
  for (let depth = 0; around !== undefined && depth < steps.length; depth++) {
    yield around
    around = steps[around.parent]
  }
}

/** Runs that the run started, whose steps, calls and usage are not in its record. */
export function childrenApart({ children }: RunRecord): ChildRun[] {
  return children.filter(({ isIncluded }) => isIncluded !== true)
}

/** One of them with executions of a name, in its record or below it. */
export function childWith({ run, of }: Recorded, name: string): ChildRun | undefined {
  // A kind of call, or a step, is the subject in the singular.
  const isIt = (content: Content) => `${content.kind}s` === of && content.name === name
  return childrenApart(run).find(({ contents }) => contents.some(isIt))
}

/** That spans of steps did not arrive, which a sentence can end with; undefined: all that the run says it had did. */
export function lostText({ lostSteps }: RunRecord): string | undefined {
  if (lostSteps === 0) return undefined
  return `the spans of ${lostSteps} ${lostSteps === 1 ? 'step' : 'steps'} were lost`
}

/** Why the run may have more than its record, of whatever kind: what was in a lost step may be lost too. Undefined: it has not. */
export function mayLack(run: RunRecord): string | undefined {
  return run.incomplete ? 'the run is incomplete' : lostText(run)
}

/** A complete run of nothing but its root may have done what nobody records, so an absence says nothing. */
export function recordedNothing({ steps, calls, children }: RunRecord): boolean {
  return steps.length + calls.length + children.length === 0
}

export const NOTHING_RECORDED =
  'The run recorded no steps, no calls and no child runs: what it did not do cannot be told.'

/** Executions that a reason names at most; a run may have thousands. */
const MAX_NAMED = 20

/** `Steps: plan ok 12 ms, search#1 error 30 ms (3 attempts).` */
export function executionsText({ of, executions, inside }: Recorded): string {
  if (executions.length === 0) return `${inside === undefined ? 'The run' : 'It'} has ${noneText(of)}.`
  const named = executions
    .slice(0, MAX_NAMED)
    .map((execution) => executionText(of, execution))
    .join(', ')
  const rest = executions.length - MAX_NAMED
  return `${listHead(of)} ${named}${rest > 0 ? ` and ${rest} more` : ''}.`
}

/** How a list of executions begins: `Tool calls:`. */
export function listHead(of: Subject): string {
  return `${capitalised(NOUNS[of])}:`
}

/** `no tool calls`. */
export function noneText(of: Subject): string {
  return `no ${NOUNS[of]}`
}

function executionText(of: Subject, execution: Execution): string {
  const duration = of === 'childRuns' ? '' : ` ${durationText(execution)}`
  const attempts = execution.attempts > 1 ? ` (${execution.attempts} attempts)` : ''
  const fallback = execution.fallback ? ' (fallback)' : ''
  return `${executionName(execution)} ${execution.status}${duration}${attempts}${fallback}`
}

/** `12 ms`, `12 ms +/- 3 ms`. */
export function durationText({ durationNs, uncertainNs }: Execution): string {
  const margin = uncertainNs === 0 ? '' : ` +/- ${formatDuration(uncertainNs)}`
  return `${formatDuration(durationNs)}${margin}`
}

/** `search` for the first occurrence, `search#1` for the second. */
export function executionName({ name, occurrence }: Execution): string {
  return occurrence === 0 ? name : `${name}#${occurrence}`
}

/** `"search" was not recorded`, `"search" has no occurrence 2`. */
export function notRecorded(recorded: Recorded, { name, at }: Selected): string {
  const isThere = at !== undefined && recorded.executions.some((execution) => execution.name === name)
  const what = isThere ? `"${name}" has no occurrence ${at}` : `"${name}" was not recorded`
  return `${what}. ${executionsText(recorded)}`
}
