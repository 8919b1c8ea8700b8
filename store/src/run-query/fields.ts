import { STATUSES } from '../run-model/run.ts'
import type { AmountType } from './amounts.ts'

/** How values of a field are written and found. */
export type FieldType =
  /** A name: the whole of it, or a pattern. */
  | { readonly is: 'name' }
  /** One of a few. */
  | { readonly is: 'choice'; readonly of: readonly string[] }
  /** Text: a part of it, in any case. */
  | { readonly is: 'text' }
  /** A number, perhaps with a unit. */
  | { readonly is: 'amount'; readonly of: AmountType }
  /** The name of a score, or its value. */
  | { readonly is: 'score' }
  /** What a run has: see {@link PARTS}; any other value is the key of an attribute. */
  | { readonly is: 'has' }

const name: FieldType = { is: 'name' }
const text: FieldType = { is: 'text' }
const choice = (...of: readonly string[]): FieldType => ({ is: 'choice', of: of })
const amount = (of: AmountType): FieldType => ({ is: 'amount', of: of })

/** All kinds that spans have, as `@weir/sdk/semconv` does, which this package must not import; a test of the dialects compares them. */
const KINDS = [
  'flow',
  'step',
  'attempt',
  'model',
  'tool',
  'agent',
  'retriever',
  'embedder',
  'reranker',
  'prompt',
  'guardrail',
  'evaluator',
  'span',
] as const

export type FieldName =
  | 'flow'
  | 'version'
  | 'env'
  | 'service'
  | 'status'
  | 'source'
  | 'session'
  | 'user'
  | 'experiment'
  | 'model'
  | 'tool'
  | 'step'
  | 'step.status'
  | 'kind'
  | 'span'
  | 'check'
  | 'check.outcome'
  | 'score'
  | 'has'
  | 'input'
  | 'output'
  | 'error'
  | 'duration'
  | 'cost'
  | 'tokens'
  | 'spans'

/** What a query can ask of a run by name. */
export const FIELDS: Readonly<Record<FieldName, FieldType>> = {
  flow: name,
  version: name,
  env: name,
  service: name,
  status: choice(...STATUSES),
  source: choice('production', 'experiment'),
  session: name,
  user: name,
  experiment: name,
  model: name,
  tool: name,
  step: name,
  'step.status': choice(...STATUSES),
  kind: choice(...KINDS),
  span: name,
  check: name,
  'check.outcome': choice('passed', 'failed', 'unverifiable', 'error'),
  score: { is: 'score' },
  has: { is: 'has' },
  input: text,
  output: text,
  error: text,
  duration: amount('duration'),
  cost: amount('cost'),
  tokens: amount('count'),
  spans: amount('count'),
}

export function isField(key: string): key is FieldName {
  return Object.hasOwn(FIELDS, key)
}

/** What `has:` knows, beside keys of attributes. */
export const PARTS = [
  'version',
  'env',
  'service',
  'session',
  'user',
  'experiment',
  'model',
  'tool',
  'step',
  'check',
  'score',
  'input',
  'output',
  'error',
  'cost',
] as const

export type Part = (typeof PARTS)[number]

export function isPart(value: string): value is Part {
  return (PARTS as readonly string[]).includes(value)
}
