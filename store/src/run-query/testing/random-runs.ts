import fc from 'fast-check'
import { readPlaced } from '../../pages/read-placed.ts'
import { settleQuiet } from '../../settle/settle.ts'
import { insert, rows, type Store } from '../../store.ts'
import { later, span, spanRows, type TestSpan } from '../../testing.ts'
import type { Document, Row } from './reference-filter.ts'

/** Few texts, so that queries and runs often have the same. */
export const TEXTS: readonly string[] = [
  'a',
  'b',
  'ab',
  'A',
  'Ä',
  'ä',
  '你好',
  '好',
  'a b',
  '42',
  '500',
  '-1',
  '1.5',
  'x"y',
  '30s',
  // As a word, as a part of one, in capitals and with U+212A for a k.
  'okay',
  'not_okays',
  'OKAY then',
  'o\u212aay',
  'okay%',
  '',
]
export const KEYS: readonly string[] = [
  'k',
  'customer.id',
  'timeout',
  'http.status_code',
  'https',
  'flow',
  'host',
]
const text = fc.constantFrom(...TEXTS)
const pages = fc.constantFrom(
  ...TEXTS,
  'timeout=30s',
  'https://a.b/c?d=e',
  '{"q":"\\u4f60\\u597d"}',
  '{"q":"x\\"y"}',
)
const named = fc.constantFrom('a', 'b', 'ab', 'Ä', 'a b', '42')

/** Attributes as OTLP/JSON has them. */
function otlp(attributes: Readonly<Record<string, string>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: /^-?\d+$/.test(value) ? { intValue: value } : { stringValue: value },
  }))
}

const attributes = fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...TEXTS, '//a.b/c?d=e'), {
  maxKeys: 2,
})
const columns = fc
  .record({
    session_id: text,
    user_id: text,
    version: text,
    environment: text,
    service: text,
    input: pages,
    output: pages,
    error_type: text,
    error_message: pages,
    status: fc.constantFrom('ok', 'error'),
    span_name: named,
    attributes,
    resource: fc.dictionary(fc.constantFrom('host', 'k'), text, { maxKeys: 1 }),
    scope: fc.dictionary(fc.constantFrom('host', 'k'), text, { maxKeys: 1 }),
    cost: fc.constantFrom(0, 0.01, 0.02, 0.05),
    input_tokens: fc.integer({ min: 0, max: 12 }),
  })
  .map(({ resource, scope, ...rest }) => ({
    ...rest,
    input_type: rest.input === '' ? '' : 'text',
    output_type: rest.output === '' ? '' : 'text',
    resource: JSON.stringify({ resource: { attributes: otlp(resource) } }),
    scope: JSON.stringify({ scope: { name: 's', attributes: otlp(scope) } }),
  }))

const ms = fc.constantFrom(1, 5, 10, 1000, 3000)
const leaf = fc
  .tuple(fc.constantFrom('step', 'tool', 'model', 'prompt', 'span'), named, ms, columns)
  .map(([kind, name, took, of]) => span(kind, name, 2, took, kind === 'model' ? { ...of, model: name } : of))
const leaves = fc.array(leaf, { maxLength: 3 })
/** A flow with its spans, perhaps around another flow. */
const trace: fc.Arbitrary<TestSpan> = fc
  .tuple(named, ms, columns, leaves, fc.option(fc.tuple(named, ms, columns, leaves)))
  .map(([name, took, of, inner, nested]) => {
    const flow = nested ? [span('flow', nested[0], 3, nested[1], nested[2], ...nested[3])] : []
    return span('flow', name, 1, took, of, ...inner, ...flow)
  })

/** Random runs, settled, as the tables have them; whose a span is says the run model. */
export async function fillWithRuns(store: Store, seed: number): Promise<Document[]> {
  const traces = fc.sample(trace, { seed, numRuns: 60 })
  const continued = { declared_run_id: 'continued' }
  await insert(store, 'spans', [
    ...traces.flatMap((root, nth) => spanRows(`trace${nth}`, root)),
    ...spanRows(
      'first',
      span('flow', 'a', 0, 5, continued, span('step', 'b', 1, 1, { attributes: { k: 'a' } })),
    ),
    ...spanRows(
      'second',
      span('flow', 'a', 9, 5, continued, span('step', 'b', 10, 1, { attributes: { k: 'b' } })),
    ),
  ])
  await settleQuiet(store, { quietMs: 0, now: later() })
  const runs = await rows<Row>(
    store,
    `SELECT *, arrayMap(id -> lower(hex(id)), trace_ids) AS traces FROM runs FINAL`,
  )
  const judged = fc.record({
    run_id: fc.constantFrom(...runs.map((run) => String(run.run_id))),
    kind: fc.constantFrom('check', 'scorer'),
    name: named,
    outcome: fc.constantFrom('passed', 'failed', 'unverifiable'),
    score: fc.constantFrom(0, 0.5, 1),
  })
  const [scores, results] = [seed, seed + 1].map((from) => fc.sample(judged, { seed: from, numRuns: 40 }))
  await insert(
    store,
    'scores',
    scores!.map((one, nth) => ({ ...one, project: 'default', author: String(nth) })),
  )
  await insert(
    store,
    'results',
    results!.map((one, nth) => ({ ...one, project: 'default', case_id: String(nth) })),
  )
  const placed = await readPlaced(store, `project = 'default'`, {})
  const runOf = new Map(placed.map(({ facts, runId }) => [facts.traceId + facts.spanId, runId]))
  const spans = await rows<Row>(
    store,
    `SELECT *, lower(hex(trace_id)) AS trace, lower(hex(span_id)) AS span FROM spans FINAL`,
  )
  return runs.map((run) => ({
    run,
    spans: spans.filter((one) => runOf.get(`${one.trace}${one.span}`) === run.run_id),
    judgements: [...scores!, ...results!].filter((one) => one.run_id === run.run_id),
  }))
}
