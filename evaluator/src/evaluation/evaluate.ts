import { parseDuration } from '@weir/config'
import { z } from 'zod'
import { parseChecks } from '../checks/parse-check.ts'
import { messageOf, UsageError } from '../errors.ts'
import { isDataSource } from './data-source.ts'
import {
  type Definition,
  EVALUATION,
  type Evaluation,
  type ExpectContext,
  type Scorer,
  type ScorerFunction,
  type Task,
} from './definition.ts'

const rate = z.number().min(0).max(1)
const scoreGate = z.union([rate, z.strictObject({ mean: rate.optional(), min: rate.optional() })])
const fn = (what: string) =>
  z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', what)
const duration = z.custom<string | number>((value) => {
  try {
    return parseDuration(value as string) > 0
  } catch {
    return false
  }
}, "expected a duration such as '30s'")

const definition = z.strictObject({
  task: z.custom<Task<unknown, unknown>>(isTask, 'expected a flow, or an async function'),
  data: z.union([z.array(z.looseObject({ input: z.unknown() })), z.custom<object>(isReadLater)], {
    error: 'expected an array of cases with an "input", dataset(...), jsonl(...) or a function',
  }),
  checks: z.array(z.unknown()).default([]),
  expect: fn('expected a function').optional(),
  scorers: z
    .array(
      z.union([
        fn('expected a function'),
        z.strictObject({ name: z.string().min(1), score: fn('expected a function') }),
      ]),
    )
    .default([]),
  gates: z
    .strictObject({
      passRate: rate.optional(),
      scores: z.record(z.string(), scoreGate).optional(),
      latency: z.strictObject({ steps: z.literal('no-regression') }).optional(),
    })
    .default({}),
  variants: z.record(z.string().min(1), z.unknown()).optional(),
  trials: z.int().min(1).default(1),
  baseline: z.string().min(1).optional(),
  timeout: duration.default('60s'),
  concurrency: z.int().min(1).default(8),
})

/**
 * Defines an evaluation; export it from a `*.eval.ts` file.
 *
 * @param name - Names the evaluation wherever it is shown; keep it stable, baselines hang on it.
 * @throws UsageError if the definition is not what it should be.
 */
export function evaluate<I, O>(name: string, value: Definition<I, O>): Evaluation {
  if (typeof name !== 'string' || name === '') {
    throw new UsageError(`evaluate expects a name, got ${JSON.stringify(name)} (${typeof name}).`)
  }
  const parsed = definition.safeParse(value)
  if (!parsed.success) {
    throw new UsageError(`Evaluation "${name}" is not valid.\n${z.prettifyError(parsed.error)}`)
  }
  const { checks, scorers, gates, trials, baseline, concurrency, timeout } = parsed.data
  const evaluation: Evaluation = {
    [EVALUATION]: true,
    name,
    task: value.task as Task<unknown, unknown>,
    data: value.data as Evaluation['data'],
    checks: inEvaluation(name, () => parseChecks(checks)),
    expect: value.expect as ((context: ExpectContext) => void | Promise<void>) | undefined,
    scorers: toScorers(name, scorers as unknown as readonly (Scorer | ScorerFunction)[]),
    gates: gates as Evaluation['gates'],
    variants: Object.keys(value.variants ?? {}).length === 0 ? { '': undefined } : value.variants!,
    trials,
    baseline,
    timeoutMs: parseDuration(timeout) / 1e6,
    concurrency,
  }
  refuseUnknownScores(evaluation)
  refuseNothingToJudge(evaluation)
  return evaluation
}

function isReadLater(value: unknown): boolean {
  return isDataSource(value) || typeof value === 'function'
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
  const named = scorers.map((item) => (typeof item === 'function' ? { name: item.name, score: item } : item))
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

function refuseUnknownScores({ name, gates, scorers }: Evaluation): void {
  for (const scorer of Object.keys(gates.scores ?? {})) {
    if (scorers.some((candidate) => candidate.name === scorer)) continue
    const known = scorers.map((candidate) => candidate.name).join(', ') || 'none'
    throw new UsageError(
      `Evaluation "${name}" has a gate on the score "${scorer}", but its scorers are: ${known}.`,
    )
  }
}

/** Without any of these a run passes because it ran: that must be said with `run.toSucceed()`. */
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
