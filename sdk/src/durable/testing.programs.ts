import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { expect } from 'vitest'
import { type Flow, flow, resumeRuns, signal } from '../index.ts'
import type { ReadableSpan } from '../spans/span.ts'
import type { Store } from '../stores/store.ts'
import { record } from '../testing.ts'
import { schedule } from './due.ts'
import { listSteps } from './journal.ts'
import { changeRun, hasEnded } from './run-record.ts'

// Random programs with what happens around them, and the model of what they give.

/** What the handler does, one after the other or in branches at once. */
type Call =
  | { readonly kind: 'step'; readonly label: string; readonly failures: number; readonly caught: boolean }
  | { readonly kind: 'wait'; readonly name: string }
  | { readonly kind: 'sleep' }
  | { readonly kind: 'nested'; readonly label: string }
  | { readonly kind: 'all'; readonly branches: readonly (readonly Call[])[] }

/** What happens around it. */
type Happening =
  | { readonly kind: 'signal'; readonly name: string }
  | { readonly kind: 'kill'; readonly process: number }
  | { readonly kind: 'start'; readonly process: number }
  | { readonly kind: 'pause'; readonly ms: number }

const label = fc.constantFrom('a', 'b')
const name = fc.constantFrom('x', 'y')
const leaf: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('step' as const),
      label,
      failures: fc.constantFrom(0, 0, 0, 1, 3),
      caught: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), name }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'sleep' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('nested' as const), label }) },
)
const branches = fc.array(fc.array(leaf, { maxLength: 3 }), { minLength: 1, maxLength: 3 })
const call: fc.Arbitrary<Call> = fc.oneof(
  { weight: 4, arbitrary: leaf },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('all' as const), branches }) },
)
const program = fc.array(call, { minLength: 1, maxLength: 5 })
const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('signal' as const), name }),
    fc.record({ kind: fc.constant('kill' as const), process: fc.nat(1) }),
    fc.record({ kind: fc.constant('start' as const), process: fc.nat(1) }),
    fc.record({ kind: fc.constant('pause' as const), ms: fc.nat(30) }),
  ),
  { maxLength: 8 },
)

/** The model: what each call gives. `undefined` as the end: the run fails. */
function expected(calls: readonly Call[]): { output: unknown[]; fails: boolean } {
  const output: unknown[] = []
  for (const one of calls) {
    if (one.kind === 'all') {
      const each = one.branches.map(expected)
      if (each.some(({ fails }) => fails)) return { output, fails: true }
      output.push(each.map((branch) => branch.output))
    } else if (one.kind === 'step') {
      // Two tries are made.
      const isLost = one.failures >= 2
      if (isLost && !one.caught) return { output, fails: true }
      output.push(isLost ? 'caught' : one.label)
    } else {
      output.push(one.kind === 'wait' ? one.name : one.kind === 'sleep' ? 'slept' : one.label.toUpperCase())
    }
  }
  return { output, fails: false }
}

/** A store as one process has it: it hears nothing any more once that is dead. */
class ProcessStore implements Store {
  isDead = false
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  #do<T>(operation: () => Promise<T>): Promise<T> {
    if (this.isDead) return new Promise(() => {})
    return operation().then((value) => (this.isDead ? new Promise<never>(() => {}) : value))
  }

  get: Store['get'] = (key) => this.#do(() => this.#store.get(key))
  put: Store['put'] = (key, value, version) => this.#do(() => this.#store.put(key, value, version))
  delete: Store['delete'] = (key, version) => this.#do(() => this.#store.delete(key, version))
  list: Store['list'] = (prefix, options) => this.#do(() => this.#store.list(prefix, options))
  close = async () => {}
}

let worlds = 0

class World {
  /** Of its run; processes of earlier worlds may still say something. */
  readonly id = `r${worlds++}`
  readonly store: Store
  readonly #calls: readonly Call[]
  readonly #processes: { store: ProcessStore; flow: Flow<void, unknown>; stop: () => Promise<void> }[] = []
  /** The value of each signal is its name. */
  readonly #signals = { x: signal<string>('x'), y: signal<string>('y') }

  constructor(store: Store, calls: readonly Call[]) {
    this.store = store
    this.#calls = calls
  }

  start(index: number): void {
    if (this.#processes[index]?.store.isDead === false) return
    const store = new ProcessStore(this.store)
    const program = flow<void, unknown>('program', { store }, () => this.#run(this.#calls))
    this.#processes[index] = { store, flow: program, stop: resumeRuns([program]) }
  }

  get running(): Flow<void, unknown>[] {
    return this.#processes.filter(({ store }) => !store.isDead).map(({ flow }) => flow)
  }

  /** And half a minute passes. */
  async kill(index: number): Promise<void> {
    const process = this.#processes[index]
    if (process === undefined || process.store.isDead) return
    process.store.isDead = true
    void process.stop()
    for (const { key } of await this.store.list('run/')) {
      if (!key.endsWith('/record')) continue
      const id = decodeURIComponent(key.slice('run/'.length, -'/record'.length))
      await changeRun(this.store, id, (run) =>
        hasEnded(run) ? undefined : { ...run, lease: { ...run.lease, expires: 0 } },
      )
      await schedule(this.store, id, 0)
    }
  }

  async send(name: string): Promise<void> {
    await this.running[0]?.get(this.id).signal(this.#signals[name as 'x'], name)
  }

  async stop(): Promise<void> {
    for (const { store, stop } of this.#processes) {
      if (!store.isDead) await stop()
      store.isDead = true
    }
  }

  async #run(calls: readonly Call[]): Promise<unknown[]> {
    const results: unknown[] = []
    for (const one of calls) results.push(await this.#call(one))
    return results
  }

  async #call(one: Call): Promise<unknown> {
    switch (one.kind) {
      case 'step': {
        const step = flow.step(
          one.label,
          ({ attempt }) => {
            if (attempt <= one.failures) throw new Error('no')
            return one.label
          },
          { retry: { attempts: 2 } },
        )
        return one.caught ? step.catch(() => 'caught') : step
      }
      case 'wait':
        return flow.wait(this.#signals[one.name as 'x'])
      case 'sleep':
        await flow.sleep(5)
        return 'slept'
      case 'nested':
        return flow('nested', () => flow.step(one.label, () => one.label.toUpperCase())).run()
      case 'all': {
        const all = one.branches.map((calls, index) => [String(index), () => this.#run(calls)] as const)
        return Object.values(await flow.all(Object.fromEntries(all)))
      }
    }
  }
}

function namesOf(calls: readonly Call[], kind: 'wait' | 'step'): string[] {
  return calls.flatMap((one) =>
    one.kind === 'all'
      ? one.branches.flatMap((branch) => namesOf(branch, kind))
      : one.kind === kind
        ? ['name' in one ? one.name : 'label' in one ? one.label : '']
        : [],
  )
}

/** Runs random programs, each on a store of its own. */
export async function checkPrograms(open: () => Store, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(program, happenings, async (calls, around) => {
      const store = open()
      await check(store, calls, around)
      await store.close()
    }),
    { numRuns },
  )
}

async function check(store: Store, calls: readonly Call[], around: readonly Happening[]): Promise<void> {
  await using recording = record()
  const world = new World(store, calls)
  world.start(0)
  void world.running[0]!.run(undefined, { id: world.id }).catch(() => {})
  await expect.poll(() => world.running[0]!.get(world.id).status(), { interval: 2 }).toBeDefined()
  for (const happening of around) {
    if (happening.kind === 'pause') await pause(happening.ms)
    else if (happening.kind === 'start') world.start(happening.process)
    else if (happening.kind === 'kill') await world.kill(happening.process)
    else await world.send(happening.name).catch(() => {})
  }
  world.start(1)
  // Branches that failed or were overtaken leave their signals to others: more are sent than are waited for.
  let isOver = false
  const result = world.running[0]!.get(world.id)
    .result()
    .then(
      (output) => ({ output, fails: false }),
      () => ({ output: [], fails: true }),
    )
  void result.then(() => {
    isOver = true
  })
  while (!isOver) {
    for (const waited of new Set(namesOf(calls, 'wait'))) await world.send(waited).catch(() => {})
    await pause(5)
  }
  const model = expected(calls)
  const outcome = await result
  expect(outcome.fails).toBe(model.fails)
  if (!model.fails) {
    expect(outcome.output).toEqual(model.output)
    expect(await listSteps(store, world.id)).toHaveLength(namesOf(calls, 'step').length)
  }
  await world.stop()
  const spans = recording.spans.filter(
    ({ attributes }) => String(attributes['weir.run.id']).split('/')[0] === world.id,
  )
  checkTree(spans, model.fails ? 'error' : 'ok')
}

/** Every span of the run is in its trace, below a span that is there or is its run's; the last part says how it ended. */
function checkTree(spans: readonly ReadableSpan[], status: string): void {
  const ids = new Set(spans.map((span) => span.spanContext().spanId))
  const parts = spans.filter(({ name }) => name === 'program')
  for (const span of spans) {
    const parent = span.parentSpanContext
    if (parent === undefined) expect(['program']).toContain(span.name)
    else expect(parent.traceId).toBe(span.spanContext().traceId)
    // That of a process that was killed never ended.
    if (parent !== undefined && !ids.has(parent.spanId)) expect(span.name).not.toBe('program')
  }
  const ended = parts.filter(({ attributes }) => attributes['weir.run.status'] !== 'suspended')
  expect(ended.map(({ attributes }) => attributes['weir.run.status'])).toContain(status)
}
