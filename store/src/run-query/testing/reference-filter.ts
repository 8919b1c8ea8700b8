import { isDecimal, readAmount } from '../amounts.ts'
import { FIELDS } from '../fields.ts'
import type { Attribute, Field, Operator, Pattern, Query, Value } from '../query.ts'

interface Judgement {
  readonly run_id: string
  readonly kind: string
  readonly name: string
  readonly outcome: string
  readonly score: number
}

export type Row = Readonly<Record<string, unknown>>

/** A run, all that judged it, and its own spans. */
export interface Document {
  readonly run: Row
  readonly spans: readonly Row[]
  readonly judgements: readonly Judgement[]
}

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [String(value)])

function isLike(value: string, { text: wanted, before, after }: Pattern): boolean {
  if (before && after) return value.includes(wanted)
  if (before) return value.endsWith(wanted)
  return after ? value.startsWith(wanted) : value === wanted
}

function hasText(values: readonly string[], wanted: string): boolean {
  const json = JSON.stringify(wanted).slice(1, -1)
  const ascii = [...json.split('')].map((unit) =>
    unit > '\x7f' ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}` : unit,
  )
  const needles = [wanted, json, ascii.join('')].map((needle) => needle.toLowerCase())
  return values.some((value) => needles.some((needle) => value.toLowerCase().includes(needle)))
}

function isAmount(
  actual: number,
  operator: Operator,
  value: Exclude<Value, Pattern>,
  of: Parameters<typeof readAmount>[0],
): boolean {
  const amount = (one: { text: string }) => Number(readAmount(of, one.text))
  if (value.type === 'range') return actual >= amount(value.from) && actual <= amount(value.to)
  const than = amount(value)
  if (operator === '>') return actual > than
  if (operator === '<') return actual < than
  if (operator === '>=') return actual >= than
  return operator === '<=' ? actual <= than : actual === than
}

/** The values of an attribute of a span, its resource and its scope. */
function valuesOf(one: Row, key: string): string[] {
  const own = (one.attributes as Record<string, string>)[key]
  const lists = (['resource', 'scope'] as const).flatMap((place) => {
    const said = JSON.parse(String(one[place]) || '{}')[place]?.attributes ?? []
    return said.filter((attribute: { key: string }) => attribute.key === key)
  })
  return [
    ...(own === undefined ? [] : [own]),
    ...lists.map(({ value }) => String(value.intValue ?? value.stringValue)),
  ]
}

const COLUMNS: Readonly<Record<string, string>> = {
  env: 'environment',
  session: 'session_id',
  user: 'user_id',
  experiment: 'experiment_id',
  model: 'models',
  step: 'step_names',
  'step.status': 'step_statuses',
}

function tools({ run }: Document): string[] {
  return strings(run.call_names).filter((_, nth) => strings(run.call_kinds)[nth] === 'tool')
}

function hasPart(document: Document, part: string): boolean {
  const { run, spans, judgements } = document
  if (part === 'tool') return tools(document).length > 0
  if (part === 'check') return judgements.some(({ kind }) => kind === 'check')
  if (part === 'score') return judgements.some(({ kind }) => kind === 'scorer')
  if (part === 'cost') return Number(run.cost) > 0
  if (part === 'error') return run.error_type !== '' || run.error_message !== ''
  if (part === 'input' || part === 'output') return run[`${part}_type`] !== ''
  if (part === 'model' || part === 'step') return strings(run[COLUMNS[part]!]).length > 0
  if (Object.hasOwn(COLUMNS, part) || part === 'version' || part === 'service')
    return run[COLUMNS[part] ?? part] !== ''
  return spans.some((one) => valuesOf(one, part).length > 0)
}

function isField(document: Document, { field, operator, value }: Field): boolean {
  const { run, spans, judgements } = document
  const type = FIELDS[field]
  if (value.type !== 'pattern') {
    if (field === 'score')
      return judgements.some(
        (one) =>
          one.kind === 'scorer' &&
          one.outcome !== 'unverifiable' &&
          isAmount(one.score, operator, value, 'number'),
      )
    const actual = {
      duration: run.duration_ns,
      cost: run.cost,
      tokens: Number(run.input_tokens) + Number(run.output_tokens),
      spans: run.span_count,
    }
    return isAmount(
      Number(actual[field as keyof typeof actual]),
      operator,
      value,
      (type as { of: 'cost' }).of,
    )
  }
  const some = (values: readonly unknown[]) => values.some((one) => isLike(String(one), value))
  if (field === 'has') return hasPart(document, value.text)
  if (field === 'kind') return some(spans.map((one) => one.kind))
  if (field === 'span') return some(spans.flatMap((one) => [one.name, one.span_name]))
  if (field === 'tool') return some(tools(document))
  if (field === 'score')
    return some(judgements.filter(({ kind }) => kind === 'scorer').map(({ name }) => name))
  const checks = judgements.filter(({ kind }) => kind === 'check')
  if (field === 'check') return some(checks.map(({ name }) => name))
  if (field === 'check.outcome') return some(checks.map(({ outcome }) => outcome))
  if (type.is === 'text') {
    const values = field === 'error' ? [run.error_type, run.error_message] : [run[field]]
    if (value.text === '') return value.before || value.after || values.every((one) => one === '')
    return operator === ':' ? hasText(values.map(String), value.text) : some(values)
  }
  return some(strings(run[COLUMNS[field] ?? field]))
}

function isAttribute({ spans }: Document, { key, operator, value }: Attribute): boolean {
  return spans
    .flatMap((one) => valuesOf(one, key))
    .some((actual) => {
      if (value.type === 'pattern') return isLike(actual, value)
      return isDecimal(actual) && isAmount(Number(actual), operator, value, 'number')
    })
}

function isWord({ run, spans }: Document, word: string): boolean {
  const names = [
    'run_id',
    'traces',
    'flow',
    'version',
    'environment',
    'service',
    'session_id',
    'user_id',
    'experiment_id',
  ]
  const of = [
    ...names,
    'case_id',
    'error_type',
    'error_message',
    'metadata',
    'input',
    'output',
    'step_names',
    'call_names',
    'models',
  ]
  const ofSpan = [
    'span',
    'name',
    'span_name',
    'model',
    'session_id',
    'user_id',
    'error_type',
    'error_message',
    'status_message',
    'input',
    'output',
  ]
  const values = [
    ...of.flatMap((name) => strings(run[name])),
    ...spans.flatMap((one) => ofSpan.map((name) => String(one[name]))),
  ]
  return hasText(values, word)
}

/** The slow filter: what the language means, run by run. */
export function isTrue(document: Document, query: Query): boolean {
  switch (query.type) {
    case 'all':
      return true
    case 'and':
      return query.queries.every((one) => isTrue(document, one))
    case 'or':
      return query.queries.some((one) => isTrue(document, one))
    case 'not':
      return !isTrue(document, query.query)
    case 'word':
      return isWord(document, query.text)
    case 'field':
      return isField(document, query) !== (query.operator === '!=')
    case 'attribute': {
      const { orText, key, operator, value } = query
      if (operator === '!=') return !isAttribute(document, query)
      const isText = orText && value.type === 'pattern' && isWord(document, `${key}${operator}${value.text}`)
      return isText || isAttribute(document, query)
    }
  }
}
