import fc from 'fast-check'
import { expect, test } from 'vitest'
import { execute, insert, rows } from '../store.ts'
import { describeRuns, hex, insertSpans, knowFlows, later, span, spanRows, useStore } from '../testing.ts'
import { settleQuiet } from './settle.ts'
import { SettledKeys } from './settled-keys.ts'
import { SettledRuns } from './settled-runs.ts'

const store = useStore()

const trace = fc.record({
  rootKind: fc.constantFrom('flow', 'flow', 'span', 'step'),
  declared: fc.constantFrom('none', 'trace', 'own'),
  inside: fc.constantFrom('nothing', 'nothing', 'server'),
  failed: fc.boolean(),
  told: fc.constantFrom('', '', 'beta'),
  metadata: fc.boolean(),
  remote: fc.boolean(),
  nodes: fc.array(
    fc.record({
      kind: fc.constantFrom('step', 'step', 'model', 'span', 'attempt', 'tool'),
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      parent: fc.integer({ min: 0, max: 5 }),
      at: fc.integer({ min: 1, max: 50 }),
      ms: fc.option(fc.integer({ min: 0, max: 40 }), { freq: 20 }),
      failed: fc.integer({ min: 0, max: 9 }),
      tokens: fc.constantFrom(0, 0, 3),
      index: fc.constantFrom(-1, -1, 0),
    }),
    { maxLength: 7 },
  ),
})

type Trace = typeof trace extends fc.Arbitrary<infer T> ? T : never

/** Spans of a trace that came whole, most of them simple; now and then with what the simple way must leave alone. */
function spansOf(shape: Trace, id: string): Record<string, unknown>[] {
  const hexId = Buffer.from(id.padEnd(16, '_')).toString('hex')
  const own = { none: '', trace: hexId, own: `run of ${id}` }[shape.declared]
  const flow = shape.told || (shape.rootKind === 'flow' && own !== '' ? 'root' : '')
  const inside = shape.inside === 'server' && shape.declared === 'none'
  const error = { status: 'error', error_type: 'Late', error_message: 'too late' }
  const common = { declared_run_id: own, flow }
  const root = span(shape.rootKind, 'root', 0, 100, {
    ...common,
    span_id: 'root',
    parent_span_id: inside ? 'server__' : shape.remote ? 'far_____' : '',
    flags: shape.remote && !inside ? 0x300 : 0,
    ...(shape.rootKind === 'flow' && flow === '' ? { flow: 'root' } : {}),
    ...(shape.failed ? { status: 'error' } : {}),
    input: '{"q":1}',
    output: 'done',
    version: '7',
    attributes: shape.metadata ? { 'weir.run.metadata': '{"m":1}' } : {},
  })
  const server = inside ? [span('span', 'GET /', -5, 200, { span_id: 'server', version: '7' })] : []
  const nodes = shape.nodes.map((node, i) =>
    span(node.kind, node.name, node.at, node.ms, {
      ...common,
      span_id: `n${i}`,
      parent_span_id: (node.parent === 0 || node.parent > i ? 'root' : `n${node.parent - 1}`).padEnd(8, '_'),
      input_tokens: node.tokens,
      cost: node.tokens / 4,
      step_index: node.index,
      version: '7',
      ...(node.ms !== null && node.failed === 0 ? error : {}),
    }),
  )
  return [...server, root, ...nodes].flatMap((node) => spanRows(id, node))
}

const RUNS = `
  SELECT * EXCEPT (project, trace_id, trace_ids, root_span_id, step_span_ids, settled), hex(trace_id), hex(root_span_id),
    arrayMap(t -> hex(t), trace_ids), arrayMap(t -> hex(t), step_span_ids)
  FROM runs FINAL WHERE project = {project:String} ORDER BY trace_id, run_id`
const SPANS = `
  SELECT hex(trace_id), hex(span_id), run_id, flow, input_tokens, output_tokens, cost FROM spans FINAL
  WHERE project = {project:String} ORDER BY trace_id, span_id`
const MINUTES = `
  SELECT flow, version, minute, sum(runs), sum(errors), sum(input_tokens), quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(durations)
  FROM run_minutes FINAL WHERE project = {project:String} GROUP BY ALL ORDER BY ALL`

const state = async (project: string) => [
  await rows(store(), RUNS, { project }),
  await rows(store(), SPANS, { project }),
  await rows(store(), MINUTES, { project }),
]

test('whole traces settle alike whether they are known to be new or not', { timeout: 120_000 }, async () => {
  let simple = 0
  await fc.assert(
    fc.asyncProperty(fc.array(trace, { minLength: 30, maxLength: 60 }), async (traces) => {
      const of = (project: string) =>
        traces.flatMap((shape, i) => spansOf(shape, `t${i}`)).map((row) => ({ ...row, project }))
      await execute(store(), 'TRUNCATE TABLE runs')
      await insert(store(), 'spans', of('fresh'))
      await knowFlows(store())
      const known = new SettledRuns()
      await settleQuiet(store(), { quietMs: 0, now: later(), known })
      const [versions] = await rows<{ first: number }>(
        store(),
        'SELECT countIf(settled = (SELECT min(settled) FROM runs)) AS first FROM runs',
      )
      simple += versions?.first ?? 0
      await insert(store(), 'spans', of('other'))
      await settleQuiet(store(), { quietMs: 0, now: later() })
      expect(await state('fresh')).toEqual(await state('other'))
      for (const table of ['spans', 'runs', 'run_minutes', 'step_minutes', 'unsettled_traces', 'run_traces'])
        await execute(store(), `TRUNCATE TABLE ${table}`)
    }),
    { numRuns: 6, endOnFailure: true },
  )
  expect(simple).toBeGreaterThan(60)
})

test('a trace that only seems to be known is settled as a new one', async () => {
  const alone = new SettledKeys()
  const [key] = await rows<{ low: number; high: number }>(
    store(),
    `SELECT sipHash64('default', {trace:String}) AS key, toUInt32(bitAnd(key, 0xffffffff)) AS low,
       toUInt32(bitShiftRight(key, 32)) AS high`,
    { trace: hex('mistaken') },
  )
  alone.add(key!.low, key!.high)
  const known = new SettledRuns(alone)
  const settled = async () => {
    await settleQuiet(store(), { quietMs: 0, now: later(), known })
    const query = `SELECT count() AS general FROM settling_spans WHERE trace_id = unhex({trace:String})`
    return (await rows<{ general: number }>(store(), query, { trace: hex('mistaken') }))[0]?.general
  }
  await insertSpans(
    store(),
    'mistaken',
    span('flow', 'f', 0, 70, { span_id: 'root' }, span('step', 's', 10, 20)),
  )
  await knowFlows(store())
  expect(await settled()).toBe(0)
  expect(await describeRuns(store(), `flow = 'f'`)).toEqual(['f ok 0+70 s#0 ok 10+20'])
  await insertSpans(store(), 'mistaken', span('step', 't', 40, 20, { parent_span_id: 'root____' }))
  expect(await settled()).toBe(3)
  expect(await describeRuns(store(), `flow = 'f'`)).toEqual(['f ok 0+70 s#0 ok 10+20 | t#0 ok 40+20'])
})
