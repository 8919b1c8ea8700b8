import { expect } from 'vitest'
import { assembleRuns } from './assemble-runs.ts'
import { placeSpans } from './place-spans.ts'
import type { ModelUse, Run, Status, Step, Usage } from './run.ts'
import type { SpanFacts } from './span-facts.ts'

/** 2026-01-01T00:00:00Z */
const EPOCH_NS = 1_767_225_600_000_000_000n
const NS_PER_MS = 1e6

/** Facts of a span that says nothing but that it was there; it is the root of the trace `t`. */
export const SPAN: SpanFacts = {
  traceId: 't',
  spanId: 's1',
  parentSpanId: '',
  isParentRemote: undefined,
  isServer: false,
  name: '',
  kind: 'span',
  flow: '',
  runId: '',
  parentRunId: '',
  status: 'ok',
  startNs: EPOCH_NS,
  endNs: EPOCH_NS,
  service: '',
  environment: '',
  version: '',
  sessionId: '',
  userId: '',
  experimentId: '',
  caseId: '',
  trial: 0,
  stepIndex: -1,
  stepAttempts: 0,
  stepFallback: false,
  stepRole: '',
  declaredSteps: 0,
  model: '',
  provider: '',
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  reasoningTokens: 0,
  cost: 0,
  isCostEstimated: false,
  isCostUnknown: false,
  errorType: '',
  errorMessage: '',
  metadata: '',
  receivedMs: 0,
}

type Changes = { -readonly [name in keyof SpanFacts]?: SpanFacts[name] }

/** What a word of a picture says of its span. */
const WORDS: Readonly<Record<string, Changes>> = {
  ...Object.fromEntries(
    ['error', 'suspended', 'cancelled', 'replayed', 'skipped'].map((status) => [status, { status }]),
  ),
  remote: { isParentRemote: true },
  local: { isParentRemote: false },
  server: { isServer: true },
  fallback: { stepFallback: true },
  chain: { stepRole: 'chain' },
  wrapper: { stepRole: 'wrapper' },
  inner: { stepRole: 'inner' },
  none: { stepRole: 'none' },
  estimated: { isCostEstimated: true },
  unpriced: { isCostUnknown: true },
}

const SHORT_NAMES: Readonly<Record<string, keyof SpanFacts>> = {
  run: 'runId',
  under: 'parentSpanId',
  in: 'inputTokens',
  out: 'outputTokens',
  cached: 'cachedInputTokens',
  reasoning: 'reasoningTokens',
  index: 'stepIndex',
  attempts: 'stepAttempts',
  declared: 'declaredSteps',
  received: 'receivedMs',
}

/** `  step GET /plan 1+40 error in=10`: kind, name, start and duration in ms (`?`: not ended), options. */
const LINE = /^( *)(\w+) (.+?) (-?[\d.]+)\+(-?[\d.]+|\?)( .*)?$/

/**
 * The spans of a picture, a line for each, indented below its parent.
 * Options: `#id` (else s1, s2, ...), `@trace` (else its parent's; t), `lost` (it was not received), {@link WORDS}, and
 * `fact=value` with the names of {@link SpanFacts} or {@link SHORT_NAMES}.
 */
export function spansOf(picture: string): SpanFacts[] {
  const above: { indent: number; facts: SpanFacts }[] = []
  return dedent(picture).flatMap((line, index) => {
    const [, indent, kind, name, at, ms, options] = LINE.exec(line) ?? fail(`no span: ${line}`)
    while (above.length > 0 && above.at(-1)!.indent >= indent!.length) above.pop()
    const parent = above.at(-1)?.facts
    const words = options?.split(' ').filter(Boolean) ?? []
    const startNs = EPOCH_NS + toNs(at!)
    const facts: SpanFacts = {
      ...SPAN,
      traceId: parent?.traceId ?? SPAN.traceId,
      spanId: `s${index + 1}`,
      parentSpanId: parent?.spanId ?? '',
      kind: kind!,
      name: name!,
      status: ms === '?' ? 'running' : 'ok',
      startNs,
      endNs: ms === '?' ? 0n : startNs + toNs(ms!),
      ...Object.assign({}, ...words.map(toChanges)),
    }
    above.push({ indent: indent!.length, facts })
    return words.includes('lost') ? [] : [facts]
  })
}

function toChanges(word: string): Changes {
  if (word === 'lost') return {}
  if (word.startsWith('#')) return { spanId: word.slice(1) }
  if (word.startsWith('@')) return { traceId: word.slice(1) }
  const [, key, value] = /^(\w+)=(.*)$/.exec(word) ?? []
  if (key === undefined) return WORDS[word] ?? fail(`no option: ${word}`)
  const name = SHORT_NAMES[key] ?? (key as keyof SpanFacts)
  if (!(name in SPAN)) fail(`no fact: ${key}`)
  return { [name]: typeof SPAN[name] === 'number' ? Number(value) : value }
}

export function runsOf(picture: string, { nowMs = 0 }: { nowMs?: number } = {}): Run[] {
  return assembleRuns(spansOf(picture), nowMs)
}

/** Asserts that the spans of one picture make up the runs of the other, as {@link describe} writes them. */
export function expectRuns(spans: string, runs: string, clock: { nowMs?: number } = {}): void {
  expect(runsOf(spans, clock).flatMap(describe)).toEqual(dedent(runs))
}

/** Like {@link expectRuns}, without the lines of calls and models. */
export function expectSteps(spans: string, runs: string, clock: { nowMs?: number } = {}): void {
  expect(runsOf(spans, clock).flatMap((run) => [headOf(run), ...stepsOf(run)])).toEqual(dedent(runs))
}

/**
 * A run in lines: itself, its steps below those around them, its calls, the models that it used. Times are ms, those of steps
 * and calls from the start of the run; `?`: incomplete; `x2`: attempts; `±3`: ms by which times contradict each other.
 * @example
 * research ok 0+100 in=10 out=3
 *   plan#0 ok 1+40 x2
 *   call model gpt-4 ok 2+9 in plan#0
 *   gpt-4: 1 call 9 ms in=10 out=3
 */
function describe(run: Run): string[] {
  return [headOf(run), ...stepsOf(run), ...callsOf(run), ...run.models.map((use) => `  ${describeUse(use)}`)]
}

function headOf(run: Run): string {
  const at = Number(run.startUnixNano - EPOCH_NS)
  return join(
    run.flow,
    run.incomplete ? `${run.status}?` : run.status,
    describeTime(at, run.durationNs),
    describeUsage(run),
    run.runId !== SPAN.traceId && `run=${run.runId}`,
    run.parentRunId !== '' && `parent=${run.parentRunId}`,
    run.traceIds.length > 1 && `traces=${run.traceIds.join()}`,
  )
}

function stepsOf({ steps }: Run): string[] {
  const depthOf = ({ parent }: Step): number => (parent < 0 ? 1 : 1 + depthOf(steps[parent]!))
  return steps.map((step) => '  '.repeat(depthOf(step)) + describeStep(step))
}

function describeStep(step: Step): string {
  return join(
    step.kind !== 'step' && step.kind,
    nameOf(step),
    describeEnd(step),
    step.attempts > 1 && `x${step.attempts}`,
    step.fallback && 'fallback',
    describeUncertainty(step),
    describeUsage(step.usage),
  )
}

function callsOf({ calls, steps }: Run): string[] {
  return calls.map((call) => {
    const around = call.step < 0 ? '' : `in ${nameOf(steps[call.step]!)}`
    return `  ${join('call', call.kind, call.name, describeEnd(call), describeUncertainty(call), around)}`
  })
}

function describeUse(use: ModelUse): string {
  return join(
    join(use.model, use.provider !== '' && `of ${use.provider}`, `:`).replace(' :', ':'),
    use.calls === 1 ? '1 call' : `${use.calls} calls`,
    use.errors > 0 && `${use.errors} failed`,
    `${use.durationNs / NS_PER_MS} ms`,
    describeUsage(use),
  )
}

const nameOf = ({ name, occurrence }: Step) => `${name}#${occurrence}`

function describeEnd(of: { status: Status; startNs: number; durationNs: number }): string {
  return `${of.status} ${describeTime(of.startNs, of.durationNs)}`
}

function describeUncertainty({ uncertainNs }: { uncertainNs: number }): string {
  return uncertainNs === 0 ? '' : `±${uncertainNs / NS_PER_MS}`
}

function describeTime(startNs: number, durationNs: number): string {
  return `${startNs / NS_PER_MS}+${durationNs / NS_PER_MS}`
}

function describeUsage(usage: Usage): string {
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens, cost, unpricedTokens } = usage
  const measures = {
    in: inputTokens,
    out: outputTokens,
    cached: cachedInputTokens,
    reasoning: reasoningTokens,
    cost,
    unpriced: unpricedTokens,
  }
  return join(...Object.entries(measures).map(([name, value]) => value !== 0 && `${name}=${value}`))
}

function join(...parts: readonly (string | false)[]): string {
  return parts.filter((part) => part !== false && part !== '').join(' ')
}

/** Lines of a text, without empty ones and without the indentation that they share. */
function dedent(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const shared = Math.min(...lines.map((line) => line.search(/\S/)))
  return lines.map((line) => line.slice(shared))
}

function toNs(ms: string): bigint {
  return BigInt(Math.round(Number(ms) * NS_PER_MS))
}

function fail(message: string): never {
  throw new Error(message)
}

/** What counts of each span's usage, by name, without what is zero. */
export function countedOf(picture: string): string[] {
  return placeSpans(spansOf(picture)).map(({ facts, counted }) => {
    const measures = Object.entries(counted).filter(([, value]) => value !== 0)
    return [facts.name, ...measures.map(([name, value]) => `${name} ${value}`)].join(' ')
  })
}
