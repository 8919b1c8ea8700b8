import { hourOf, indexedHours, isIndexed } from '../latest-runs.ts'
import type { Bound, Condition } from './condition.ts'
import { FIELDS, type FieldName, isPart, type Part } from './fields.ts'
import type { Field, Operator, Pattern, Value } from './query.ts'
import { amountTest, hasAttribute, ofKind, ofName } from './span-condition.ts'
import { holdsDigits, holdsIndexedText, holdsText, isIndexedText, matchesPattern } from './text-condition.ts'

/** The columns of `runs` that hold a name. */
const COLUMNS = {
  flow: 'run.flow',
  version: 'run.version',
  env: 'run.environment',
  service: 'run.service',
  status: 'run.status',
  source: 'run.source',
  session: 'run.session_id',
  user: 'run.user_id',
  experiment: 'run.experiment_id',
} as const

/** What `run_index` finds. */
const INDEXED = ['session', 'user', 'experiment'] as const

const WINDOW_HOURS = `hour BETWEEN ${hourOf('{begin:Int64}')} AND ${hourOf('{end:Int64}')}`

/** SQL: arrays of `runs`, one of whose values is looked for. */
const ARRAYS = {
  model: 'run.models',
  tool: `arrayFilter((name, kind) -> kind = 'tool', run.call_names, run.call_kinds)`,
  step: 'run.step_names',
  'step.status': 'run.step_statuses',
} as const

const TEXTS = {
  input: ['run.input'],
  output: ['run.output'],
  error: ['run.error_type', 'run.error_message'],
} as const

const AMOUNTS = {
  duration: 'run.duration_ns',
  cost: 'run.cost',
  tokens: '(run.input_tokens + run.output_tokens)',
  spans: 'run.span_count',
} as const

/** SQL: `kind` and more of what judged runs: monitors, people and the API, and the evaluations that they are trials of. */
function judged(condition: string): Condition {
  const from = (table: string) =>
    `SELECT run_id FROM ${table} FINAL WHERE project = {project:String} AND ${condition}`
  return { is: 'run', sql: `run.run_id IN (${from('scores')} UNION ALL ${from('results')})` }
}

const HAS: Readonly<Record<Exclude<Part, 'check' | 'score'>, string>> = {
  version: `run.version != ''`,
  env: `run.environment != ''`,
  service: `run.service != ''`,
  session: `run.session_id != ''`,
  user: `run.user_id != ''`,
  experiment: `run.experiment_id != ''`,
  model: 'notEmpty(run.models)',
  tool: `has(run.call_kinds, 'tool')`,
  step: 'notEmpty(run.step_names)',
  input: `run.input_type != ''`,
  output: `run.output_type != ''`,
  error: `(run.error_type != '' OR run.error_message != '')`,
  cost: 'run.cost > 0',
}

/** What is asked of a field, as a condition in a window of `begin` and `end`; `!=` is for the caller to negate. */
export function ofField({ field, operator, value }: Field, bound: Bound): Condition {
  const type = FIELDS[field]
  if (field in AMOUNTS && type.is === 'amount' && value.type !== 'pattern') {
    const sqlType = field === 'cost' ? 'Float64' : 'UInt64'
    const test = amountTest(operator, value, type.of, sqlType, bound)
    return { is: 'run', sql: test(AMOUNTS[field as keyof typeof AMOUNTS]) }
  }
  if (field === 'score') return ofScore(operator, value, bound)
  return ofPattern(field, operator, value as Pattern, bound)
}

function ofScore(operator: Operator, value: Value, bound: Bound): Condition {
  if (value.type === 'pattern') return judged(`kind = 'scorer' AND ${matchesPattern('name', value, bound)}`)
  const test = amountTest(operator, value, 'number', 'Float64', bound)
  return judged(`kind = 'scorer' AND outcome IN ('passed', 'failed') AND ${test('score')}`)
}

function ofPattern(field: FieldName, operator: Operator, pattern: Pattern, bound: Bound): Condition {
  if (field === 'kind') return ofKind(pattern, bound)
  if (field === 'span') return ofName(pattern, bound)
  if (field === 'has') return ofPart(pattern.text, bound)
  if (field === 'check') return judged(`kind = 'check' AND ${matchesPattern('name', pattern, bound)}`)
  if (field === 'check.outcome')
    return judged(`kind = 'check' AND ${matchesPattern('outcome', pattern, bound)}`)
  if (field in TEXTS)
    return { is: 'run', sql: ofText(TEXTS[field as keyof typeof TEXTS], operator, pattern, bound) }
  if (field in ARRAYS) {
    const test = matchesPattern('one', pattern, bound)
    return { is: 'run', sql: `arrayExists(one -> ${test}, ${ARRAYS[field as keyof typeof ARRAYS]})` }
  }
  return ofColumn(field as keyof typeof COLUMNS, pattern, bound)
}

function ofColumn(field: keyof typeof COLUMNS, pattern: Pattern, bound: Bound): Condition {
  const matches = matchesPattern(COLUMNS[field], pattern, bound)
  const indexed = INDEXED.find((one) => one === field)
  const isWhole = pattern.text !== '' && !pattern.before && !pattern.after
  if (indexed === undefined || !isWhole) return { is: 'run', sql: matches }
  const value = bound.bind(pattern.text)
  const sql = `${matches} AND ${isIndexed(indexed, value, WINDOW_HOURS)}`
  // One user may have most of the runs: somebody who is nobody in particular.
  return indexed === 'user'
    ? { is: 'run', sql, hours: indexedHours(indexed, value, WINDOW_HOURS) }
    : { is: 'run', sql, isIndexed: true }
}

function ofText(columns: readonly string[], operator: Operator, pattern: Pattern, bound: Bound): string {
  const isEmpty = pattern.text === ''
  if (isEmpty && (pattern.before || pattern.after)) return '1'
  // Without a value is what has none of them.
  if (isEmpty) return `(${columns.map((column) => `${column} = ''`).join(' AND ')})`
  if (operator === ':') return holdsText(columns, pattern.text, bound)
  return `(${columns.map((column) => matchesPattern(column, pattern, bound)).join(' OR ')})`
}

function ofPart(part: string, bound: Bound): Condition {
  if (!isPart(part)) return hasAttribute(part, bound)
  if (part === 'check') return judged(`kind = 'check'`)
  if (part === 'score') return judged(`kind = 'scorer'`)
  return { is: 'run', sql: HAS[part] }
}

/** What the index `texts` of runs is of: not input and output, which its spans have too, nor ids that are those of traces. */
const WORDS = [
  `if(run.run_id = lower(hex(run.trace_id)), '', run.run_id)`,
  ...['run.flow', 'run.version', 'run.environment', 'run.service', 'run.session_id', 'run.user_id'],
  ...['run.experiment_id', 'run.case_id', 'run.error_type', 'run.error_message', 'run.metadata'],
  ...['run.step_names', 'run.call_names', 'run.models'].map((names) => `arrayStringConcat(${names}, '\\0')`),
]

/** Whether text stands in what `runs` has of a run alone. */
export function inRun(text: string, bound: Bound): Condition {
  const inTexts = holdsIndexedText(WORDS, text, bound)
  const inId = holdsDigits('id', 16, text, bound)
  return inId
    ? { is: 'run', sql: `${inTexts} OR arrayExists(id -> ${inId}, run.trace_ids)` }
    : { is: 'run', sql: inTexts, isText: isIndexedText(text) }
}
