import fc from 'fast-check'
import { expect, test } from 'vitest'
import { insert, type Store } from '../store.ts'
import { hex, intercepted, later, span, spanRows, useStore } from '../testing.ts'
import { createMemory, type Memory, settleQuiet } from './settle.ts'
import { assembledRuns, recountedMinutes, storedMinutes, storedRuns } from './testing.ts'

const store = useStore()

const KINDS = ['flow', 'step', 'step', 'attempt', 'model', 'tool', 'agent', 'span'] as const
const TRACES = 3
const rarely = (value: string) => fc.constantFrom('', '', '', '', value)
const tokens = fc.constantFrom(0, 0, 3, 5)

/** A span of any kind and parent, cycles included; names repeat, so that loops, tries and nested runs occur. */
const node = fc.record({
  trace: fc.nat({ max: TRACES - 1 }),
  kind: fc.constantFrom(...KINDS),
  name: fc.constantFrom('a', 'b', 'c'),
  parent: fc.integer({ min: -3, max: 11 }),
  at: fc.integer({ min: 0, max: 120_000 }),
  ms: fc.option(fc.integer({ min: -5, max: 60_000 }), { freq: 8 }),
  /** It is sent at its start as well. */
  twice: fc.boolean(),
  /** The run that it says to be of: one of a name, that of a trace, or one that is nested there. */
  run: fc.constantFrom('', '', '', '', '', 'name', 'trace', 'nested'),
  columns: fc.record({
    status: fc.constantFrom('ok', 'ok', 'error', 'suspended'),
    declared_flow: rarely('told'),
    version: rarely('2'),
    environment: rarely('prod'),
    service: rarely('api'),
    session_id: rarely('session'),
    user_id: rarely('user'),
    experiment_id: rarely('experiment'),
    case_id: rarely('case'),
    metadata: rarely('{"team":"blue"}'),
    model: fc.constantFrom('', 'm', 'n'),
    provider: fc.constantFrom('', 'p'),
    input_tokens: tokens,
    output_tokens: tokens,
    cached_input_tokens: tokens,
    reasoning_tokens: tokens,
    cost: fc.constantFrom(0, 0, 0.25),
    cost_estimated: fc.constantFrom(0, 1),
    error_type: rarely('Error'),
    error_message: rarely('no'),
    step_index: fc.constantFrom(-1, -1, -1, 0),
    step_attempts: fc.constantFrom(0, 0, 0, 2),
    step_fallback: fc.constantFrom(0, 0, 1),
    otel_kind: fc.constantFrom(0, 0, 2),
    flags: fc.constantFrom(0, 0x100, 0x300),
  }),
})

type Node = typeof node extends fc.Arbitrary<infer T> ? T : never

/** The records of some spans, as clients send them. */
function recordsOf(nodes: readonly Node[], nth: number): Record<string, unknown>[] {
  const trace = (at: number) => `${nth}-${at}`
  const runs = {
    '': '',
    name: `run-${nth}`,
    trace: hex(trace(0)),
    nested: `${hex(trace(0))}-${hex('s1', 8)}`,
  }
  return nodes.flatMap(({ kind, name, parent, at, ms, twice, run, columns, ...of }, i) => {
    const record = (ended: number | null) =>
      spanRows(
        trace(of.trace),
        span(kind, `${nth}:${name}`, at, ended, {
          ...columns,
          declared_flow: columns.declared_flow && `${nth}:${columns.declared_flow}`,
          project: `project-${nth}`,
          span_id: `s${i}`,
          parent_span_id: parent < 0 ? '' : `s${parent}`.padEnd(8, '_'),
          declared_run_id: runs[run],
          input: `"${i}"`,
          input_type: 'json',
          ...(ended === null
            ? { status: 'running' }
            : { output: `${i} after ${ended}`, output_type: 'text' }),
        }),
      )
    return [...(ms !== null && twice ? record(null) : []), ...record(ms)]
  })
}

/** What comes, and then a pass by one of two workers, which may die or be overtaken by the other one before one of its requests. */
const delivery = fc.record({
  worker: fc.nat({ max: 1 }),
  at: fc.integer({ min: 1, max: 22 }),
  event: fc.constantFrom('nothing', 'death', 'death', 'overtaken'),
  /** What it knew is lost when it dies: else only that pass failed. */
  forgets: fc.boolean(),
})

const history = fc
  .tuple(fc.array(node, { minLength: 1, maxLength: 14 }), fc.array(delivery, { minLength: 1, maxLength: 4 }))
  .chain(([nodes, deliveries]) =>
    fc.record({
      nodes: fc.constant(nodes),
      deliveries: fc.constant(deliveries),
      /** Of each record, when it comes, and when it comes again: with the nth delivery. */
      order: fc.array(fc.nat({ max: deliveries.length - 1 }), { minLength: 56, maxLength: 56 }),
    }),
  )

class Death extends Error {}

const nextPass = (through: Store, memory: Memory | undefined) =>
  settleQuiet(through, { quietMs: 0, now: later(), memory })

/** @returns what the worker knows afterwards */
async function settleOnce(
  memories: (Memory | undefined)[],
  { worker, at, event, forgets }: typeof delivery extends fc.Arbitrary<infer T> ? T : never,
): Promise<void> {
  const memory = memories[worker]
  const disturbed = intercepted(store(), async (request) => {
    if (event === 'death' && request >= at) throw new Death()
    if (event === 'overtaken' && request === at) await nextPass(store(), memories[1 - worker])
  })
  const failed = await nextPass(disturbed, memory).then(
    (settled) => settled.failed !== undefined,
    (error) => {
      if (error instanceof Death) return true
      throw error
    },
  )
  if (failed && memory) memories[worker] = forgets ? createMemory() : createMemory(withoutSweep(memory))
}

const withoutSweep = ({ traces, flows }: Memory) => ({ traces, flows })

let nth = 0

test.each<[string, number, () => Memory | undefined]>([
  ['that know what was settled before', 6, () => createMemory()],
  ['that know nothing of earlier passes', 3, () => undefined],
])(
  'late, doubled, in any order, by two workers %s and may die: the end is what the run model makes of all spans',
  async (_, numRuns, make) => {
    const memories = [make(), make()]
    await fc.assert(
      fc.asyncProperty(history, async ({ nodes, deliveries, order }) => {
        const project = `project-${++nth}`
        const records = recordsOf(nodes, nth)
        // Every second record comes twice.
        const sent = [...records, ...records.filter((_record, i) => i % 2 === 0)]
        for (const [part, each] of deliveries.entries()) {
          const batch = sent.filter((_record, i) => order[i % order.length] === part)
          if (batch.length > 0) await insert(store(), 'spans', batch)
          await settleOnce(memories, each)
        }
        for (const memory of memories) while ((await nextPass(store(), memory)).traces > 0);
        expect(await nextPass(store(), undefined)).toEqual({ traces: 0, runs: 0, more: false })
        expect(await storedRuns(store(), project)).toEqual(
          await assembledRuns(store(), project, later().getTime()),
        )
        expect(await storedRuns(store(), project, 'final')).toEqual(await storedRuns(store(), project))
        expect(await storedMinutes(store(), `${nth}:`)).toEqual(await recountedMinutes(store(), `${nth}:`))
      }),
      { numRuns, endOnFailure: true },
    )
  },
)
