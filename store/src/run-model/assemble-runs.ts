import { addUsage, NO_USAGE } from './count-usage.ts'
import { describeCalls, describeModels } from './describe-calls.ts'
import { describeSteps, markSteps } from './describe-steps.ts'
import { type Execution, findSteps, isWrapper } from './find-steps.ts'
import { groupBy } from './group-by.ts'
import { placeSpans } from './place-spans.ts'
import { byStart, compareText, type PlacedSpan } from './placed-span.ts'
import type { Run, Status, Usage } from './run.ts'
import type { SpanFacts } from './span-facts.ts'
import { hasExpired, statusOf } from './status.ts'

/**
 * The runs that spans make up, by start: docs/RUN-MODEL.md has the rules. Time and memory grow with the number of spans.
 * @param spans of one project: all that is known of some traces, in any order; a span may be there more than once
 * @param nowMs milliseconds since 1970 by the clock of `receivedMs`; it decides which runs without an end have expired
 */
export function assembleRuns(spans: readonly SpanFacts[], nowMs: number): Run[] {
  const placed = placeSpans(spans)
  const trials = findTrials(placed)
  const runs = groupBy(placed, ({ runId }) => runId)
  return [...runs]
    .map(([runId, members]) => toRun(runId, members, { nowMs, trials }))
    .sort(
      (a, b) =>
        (a.startUnixNano < b.startUnixNano ? -1 : a.startUnixNano > b.startUnixNano ? 1 : 0) ||
        compareText(a.runId, b.runId),
    )
}

interface Context {
  readonly nowMs: number
  readonly trials: ReadonlyMap<string, Trial>
}

/** @param members parents before their children */
function toRun(runId: string, members: readonly PlacedSpan[], { nowMs, trials }: Context): Run {
  const first = members.reduce((best, span) => (byPrecedence(span, best) < 0 ? span : best))
  const root = first.begins === undefined ? undefined : first
  const last = root && continuationOf(members.reduce(laterPart))
  const incomplete = last === undefined || last.facts.endNs === 0n
  const expired =
    incomplete &&
    hasExpired(
      greatest(members, ({ receivedMs }) => receivedMs),
      nowMs,
    )
  const inherited = (value: (facts: SpanFacts) => string) => inherit(members, first, value)
  const trial = findTrial(members, first, trials)
  const usage = usageOf(members)
  const { startNs } = first.facts
  const flow = flowOf(members)
  const executions = findSteps(members, root, flow)
  markSteps(members, executions)
  const said = statusOf(last?.facts.status ?? '', { ended: !incomplete, expired })
  const status = said === 'ok' ? statusBelow(last!, executions) : said
  return {
    runId,
    parentRunId: first.facts.parentRunId || first.enclosingRunId,
    traceId: first.facts.traceId,
    traceIds: tracesOf(members, first.facts.traceId),
    sharesTraces: members.some(({ sharesTrace }) => sharesTrace),
    root: root?.facts,
    inputOf: root?.facts,
    outputOf: last?.facts,
    flow,
    version: inherited(({ version }) => version),
    environment: inherited(({ environment }) => environment),
    service: inherited(({ service }) => service),
    sessionId: inherited(({ sessionId }) => sessionId),
    userId: inherited(({ userId }) => userId),
    metadata: inherited(({ metadata }) => metadata),
    source: trial.experimentId === '' ? 'production' : 'experiment',
    experimentId: trial.experimentId,
    caseId: trial.caseId,
    trial: trial.trial,
    status,
    incomplete,
    lostSteps: lostSteps(members, executions),
    startUnixNano: startNs,
    durationNs: Math.max(
      0,
      durationOf(startNs, incomplete ? newestTime(members) : last.facts.endNs) - waitedNs(members, root),
    ),
    errorType: status === 'error' ? inherited(({ errorType }) => errorType) : '',
    errorMessage: status === 'error' ? inherited(({ errorMessage }) => errorMessage) : '',
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cachedInputTokens: usage.cachedInputTokens,
    reasoningTokens: usage.reasoningTokens,
    cost: usage.cost,
    unpricedTokens: usage.unpricedTokens,
    models: describeModels(members),
    spanCount: members.length,
    errorCount: members.reduce((sum, { facts }) => sum + Number(facts.status === 'error'), 0),
    steps: describeSteps(members, executions, { startNs, expired }),
    calls: describeCalls(members, { startNs, expired }),
  }
}

/** A flow or an agent that was resumed goes on below its root, in a span like it that begins when the root had ended. Wrappers may lie between. */
function continuationOf(root: PlacedSpan): PlacedSpan {
  let last = root
  if (root.facts.kind !== 'flow' && root.facts.kind !== 'agent') return root
  for (;;) {
    const { facts, runId, children } = last
    const below = children.flatMap((child) => (isWrapper(child) ? child.children : [child]))
    const next = below.find(
      (child) =>
        child.runId === runId &&
        child.facts.kind === facts.kind &&
        child.facts.name === facts.name &&
        facts.endNs !== 0n &&
        child.facts.startNs >= facts.endNs,
    )
    if (next === undefined) return last
    last = next
  }
}

/**
 * The status of a run whose root says ok. A root that only wraps agents does not know that the last of them failed, and a
 * framework that draws chains does not say at the root that one of them waits.
 */
function statusBelow(root: PlacedSpan, executions: readonly Execution[]): Status {
  const waits = ({ facts }: PlacedSpan) => facts.status === 'suspended' && facts.stepRole === 'chain'
  if (executions.some((execution) => waits(execution.at(-1)!))) return 'suspended'
  for (let span = root; ; ) {
    if (span !== root && span.facts.status === 'error') return 'error'
    const last = lastOf(span.children)
    if (last === undefined || !(isWrapper(last) || (isWrapper(span) && last.facts.kind === 'agent')))
      return 'ok'
    span = last
  }
}

function lastOf(spans: readonly PlacedSpan[]): PlacedSpan | undefined {
  let last = spans[0]
  for (const span of spans) if (byStart(span, last!) > 0) last = span
  return last
}

const RANKS = { flow: 2, span: 1 }

function rankOf({ begins }: PlacedSpan): number {
  return begins === undefined ? 0 : RANKS[begins]
}

/** Which span speaks for its run: a flow that begins it, then another span that does, then any; of these the first. */
function byPrecedence(a: PlacedSpan, b: PlacedSpan): number {
  return rankOf(b) - rankOf(a) || byStart(a, b)
}

/** A run in several parts is as its last part is; of several roots that are no flow spans, the first one counts. */
function laterPart(best: PlacedSpan, span: PlacedSpan): PlacedSpan {
  if (rankOf(span) !== rankOf(best)) return rankOf(span) > rankOf(best) ? span : best
  const isLater = byStart(span, best) > 0
  return isLater === (rankOf(span) === 2) ? span : best
}

/** What the span that speaks for the run says, else the first of the others that says it. */
function inherit(
  members: readonly PlacedSpan[],
  first: PlacedSpan,
  value: (facts: SpanFacts) => string,
): string {
  const own = value(first.facts)
  if (own !== '') return own
  let found: PlacedSpan | undefined
  for (const span of members) {
    if (value(span.facts) !== '' && (found === undefined || byPrecedence(span, found) < 0)) found = span
  }
  return found === undefined ? '' : value(found.facts)
}

/** As the run's own flow span says, else as any of its spans declares, else the name of its root. */
function flowOf(members: readonly PlacedSpan[]): string {
  let [bestRank, best]: [number, PlacedSpan | undefined] = [3, undefined]
  for (const span of members) {
    const rank = span.begins === 'flow' ? 0 : span.facts.flow !== '' ? 1 : span.begins === 'span' ? 2 : 3
    if (rank < bestRank || (rank === bestRank && best !== undefined && byStart(span, best) < 0))
      [bestRank, best] = [rank, span]
  }
  if (best === undefined) return ''
  return best.facts.flow || best.facts.name
}

function tracesOf(members: readonly PlacedSpan[], first: string): string[] {
  const others = members.filter(({ facts }) => facts.traceId !== first)
  if (others.length === 0) return [first]
  return [first, ...[...new Set(others.map(({ facts }) => facts.traceId))].sort()]
}

interface Trial {
  readonly experimentId: string
  readonly caseId: string
  readonly trial: number
}

const NO_TRIAL: Trial = { experimentId: '', caseId: '', trial: 0 }

/** Of each trace whose spans all speak of one trial: runs that other frameworks start inside it belong to the trial as well. */
function findTrials(placed: readonly PlacedSpan[]): Map<string, Trial> {
  const trials = new Map<string, Trial>()
  for (const { facts } of placed) {
    if (facts.experimentId === '') continue
    const known = trials.get(facts.traceId)
    trials.set(facts.traceId, known === undefined || isSame(known, facts) ? toTrial(facts) : NO_TRIAL)
  }
  return trials
}

function findTrial(
  members: readonly PlacedSpan[],
  first: PlacedSpan,
  trials: ReadonlyMap<string, Trial>,
): Trial {
  if (trials.size === 0) return NO_TRIAL
  let found: PlacedSpan | undefined
  const trialOf = ({ facts }: PlacedSpan) =>
    facts.experimentId === '' ? (trials.get(facts.traceId) ?? NO_TRIAL) : toTrial(facts)
  for (const span of [first, ...members]) {
    if (trialOf(span) !== NO_TRIAL && (found === undefined || byPrecedence(span, found) < 0)) found = span
  }
  return found === undefined ? NO_TRIAL : trialOf(found)
}

function toTrial({ experimentId, caseId, trial }: SpanFacts): Trial {
  return { experimentId, caseId, trial }
}

function isSame(a: Trial, b: Trial): boolean {
  return a.experimentId === b.experimentId && a.caseId === b.caseId && a.trial === b.trial
}

function usageOf(members: readonly PlacedSpan[]): Usage {
  return members.reduce((sum, { counted }) => addUsage(sum, counted), NO_USAGE)
}

function newestTime(members: readonly PlacedSpan[]): bigint {
  let newest = members[0]!.facts.startNs
  for (const { facts } of members) {
    if (facts.startNs > newest) newest = facts.startNs
    if (facts.endNs > newest) newest = facts.endNs
  }
  return newest
}

function durationOf(startNs: bigint, endNs: bigint): number {
  return endNs > startNs ? Number(endNs - startNs) : 0
}

/** What its parts say of their steps, less what arrived. */
function lostSteps(members: readonly PlacedSpan[], executions: readonly Execution[]): number {
  const declared = greatest(members, ({ declaredSteps }) => declaredSteps)
  if (declared <= 0) return 0
  const arrived = executions.filter((execution) => execution[0]!.facts.kind === 'step')
  return Math.max(0, declared - arrived.length)
}

/** Nanoseconds from the end of each suspended part to the start of the next one: waiting is no work. */
function waitedNs(members: readonly PlacedSpan[], root: PlacedSpan | undefined): number {
  if (root === undefined || (root.facts.kind !== 'flow' && root.facts.kind !== 'agent')) return 0
  const { kind, name } = root.facts
  const parts = members.filter(({ facts }) => facts.kind === kind && facts.name === name)
  if (parts.every(({ facts }) => facts.status !== 'suspended')) return 0
  let waited = 0
  let before: SpanFacts | undefined
  for (const { facts } of parts.toSorted(byStart)) {
    const isWithin = before !== undefined && facts.endNs !== 0n && facts.endNs <= before.endNs
    // An agent that another of its name calls is no part of the run.
    if (isWithin) continue
    if (before?.status === 'suspended' && before.endNs !== 0n)
      waited += durationOf(before.endNs, facts.startNs)
    before = facts
  }
  return waited
}

function greatest(members: readonly PlacedSpan[], value: (facts: SpanFacts) => number): number {
  return members.reduce((most, { facts }) => Math.max(most, value(facts)), Number.NEGATIVE_INFINITY)
}
