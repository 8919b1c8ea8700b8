import { type Duration, parseDuration, UsageError } from '@weir/config'
import { z } from 'zod'
import { parseChecks } from '../checks/judge.ts'
import { messageOf } from '../errors.ts'
import {
  type Data,
  type Definition,
  dollars,
  EVALUATION,
  type Evaluation,
  type Gates,
  gates,
  isDataSource,
  type Scorer,
  type ScorerFunction,
  type Task,
} from './definition.ts'

const fn = <F>() => z.custom<F>((value) => typeof value === 'function', 'expected a function')
const duration = z.custom<Duration>((value) => {
  try {
    return parseDuration(value as Duration) > 0
  } catch {
    return false
  }
}, "expected a duration such as '30s'")

const UNIT_MS = { s: 1_000, min: 60_000, h: 3_600_000 } as const

/** Milliseconds between two starts. */
const rateLimit = z.string().transform((text, context) => {
  const [, count, unit] = /^([1-9]\d*)\/(s|min|h)$/.exec(text) ?? []
  if (unit !== undefined) return UNIT_MS[unit as keyof typeof UNIT_MS] / Number(count)
  context.addIssue({ code: 'custom', message: "expected a rate such as '60/min', '2/s' or '500/h'" })
  return z.NEVER
})

/** {@link Definition} as it is checked. Its inputs and outputs are unknown here. */
const definition = z.strictObject({
  task: z.custom<Task<unknown, unknown>>(isTask, 'expected a flow, or an async function'),
  data: z.custom<Data<unknown>>(
    isData,
    'expected an array of cases with an "input", dataset(...), jsonl(...) or a function',
  ),
  checks: z.array(z.unknown()).default([]),
  expect: fn<NonNullable<Evaluation['expect']>>().optional(),
  scorers: z
    .array(
      z.union([
        fn<ScorerFunction>(),
        z.strictObject({ name: z.string().min(1), score: fn<ScorerFunction>() }),
      ]),
    )
    .default([]),
  gates: gates.default({}),
  variants: z.record(z.string().min(1), z.unknown()).default({}),
  trials: z
    .union([z.int().min(1), z.strictObject({ max: z.int().min(1), stopWhen: z.literal('decided') })])
    .default(1),
  baseline: z.string().min(1).optional(),
  timeout: duration.default('60s'),
  concurrency: z.int().min(1).default(8),
  rateLimit: rateLimit.optional(),
  retryOnError: z.int().min(0).max(10).default(0),
  budget: dollars.optional(),
})

/**
 * Defines an evaluation; export it from a `*.eval.ts` file.
 *
 * @param name - Names the evaluation wherever it is shown; keep it stable: baselines belong to it.
 * @throws UsageError that says what is wrong with the definition
 */
export function evaluate<I, O>(name: string, value: Definition<I, O>): Evaluation {
  if (typeof name !== 'string' || name === '') {
    throw new UsageError(`evaluate expects a name, got ${JSON.stringify(name)} (${typeof name}).`)
  }
  const parsed = definition.safeParse(value)
  if (!parsed.success) {
    throw new UsageError(`Evaluation "${name}" is not valid.\n${z.prettifyError(parsed.error)}`)
  }
  const { checks, expect, scorers, gates, variants, baseline, timeout, trials, rateLimit, budget, ...rest } =
    parsed.data
  const evaluation: Evaluation = {
    [EVALUATION]: true,
    name,
    ...rest,
    checks: inEvaluation(name, () => parseChecks(checks)),
    expect,
    scorers: toScorers(name, scorers),
    gates: {
      ...gates,
      scores: wellFormedKeys(gates.scores),
      vsBaseline: { ...gates.vsBaseline, scores: wellFormedKeys(gates.vsBaseline?.scores) },
    },
    variants: Object.keys(variants).length === 0 ? { '': undefined } : variants,
    ...(typeof trials === 'number'
      ? { trials, stopWhen: undefined }
      : { trials: trials.max, stopWhen: trials.stopWhen }),
    baseline,
    timeoutMs: parseDuration(timeout) / 1e6,
    startIntervalMs: rateLimit ?? 0,
    budget,
  }
  refuseUnknownScores(evaluation)
  refuseUngatedScores(evaluation)
  refuseNothingToJudge(evaluation)
  return evaluation
}

function isData(value: unknown): boolean {
  if (!Array.isArray(value)) return isDataSource(value) || typeof value === 'function'
  return value.every((item) => typeof item === 'object' && item !== null && 'input' in item)
}

function isTask(value: unknown): boolean {
  if (typeof value === 'function') return true
  const flow = value as { name?: unknown; run?: unknown } | null
  return (
    typeof flow === 'object' &&
    flow !== null &&
    typeof flow.name === 'string' &&
    typeof flow.run === 'function'
  )
}

function toScorers(evaluation: string, scorers: readonly (Scorer | ScorerFunction)[]): Scorer[] {
  const named = scorers.map((item) => {
    const { name, score } = typeof item === 'function' ? { name: item.name, score: item } : item
    // As it is stored, so that a gate finds it.
    return { name: name.toWellFormed(), score }
  })
  const names = named.map((item) => item.name)
  if (names.includes('')) {
    throw new UsageError(
      `Evaluation "${evaluation}" has a scorer without a name: write { name: '...', score: fn }.`,
    )
  }
  const twice = names.find((item, index) => names.indexOf(item) !== index)
  if (twice !== undefined)
    throw new UsageError(`Evaluation "${evaluation}" has two scorers named "${twice}".`)
  return named
}

function wellFormedKeys<T>(record: Readonly<Record<string, T>> = {}): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key.toWellFormed(), value]))
}

function refuseUnknownScores({ name, gates, scorers }: Evaluation): void {
  for (const scorer of gatedScores(gates)) {
    if (scorers.some((candidate) => candidate.name === scorer)) continue
    const known = scorers.map((candidate) => candidate.name).join(', ') || 'none'
    throw new UsageError(
      `Evaluation "${name}" has a gate on the score "${scorer}", but its scorers are: ${known}.`,
    )
  }
}

function gatedScores({ scores, vsBaseline }: Gates): string[] {
  return [...Object.keys(scores ?? {}), ...Object.keys(vsBaseline?.scores ?? {})]
}

/** Scores that no gate looks at could all be 0 and the evaluation would pass. */
function refuseUngatedScores({ name, gates, scorers }: Evaluation): void {
  const [first] = scorers
  if (first === undefined || gatedScores(gates).length > 0) return
  const key = /^[A-Za-z_$][\w$]*$/.test(first.name) ? first.name : JSON.stringify(first.name)
  throw new UsageError(
    `Evaluation "${name}" has scorers but no gate on a score, so no score could fail it. Add the least mean, from 0 to 1 (0 only reports it):\n  gates: { scores: { ${key}: 0.8 } }`,
  )
}

/** Without any of these, a run would pass because it ran. Whoever wants that writes `run.toSucceed()`. */
function refuseNothingToJudge({ name, checks, expect, scorers }: Evaluation): void {
  if (checks.length > 0 || expect !== undefined || scorers.length > 0) return
  throw new UsageError(
    `Evaluation "${name}" has no checks, no expect and no scorers: add one, such as run.toSucceed().`,
  )
}

function inEvaluation<T>(name: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    throw new UsageError(`Evaluation "${name}": ${messageOf(cause)}`, { cause })
  }
}
