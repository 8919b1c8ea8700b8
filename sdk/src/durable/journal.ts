import type { Entry, Store } from '../stores/store.ts'
import { runKey } from './keys.ts'
import { fromStored, toStored } from './stored-value.ts'

/** A step of a run, by its label and its key, or by its label and how many of that label were called before. */
export interface StepId {
  readonly label: string
  readonly key?: string
  /** Default 0. */
  readonly occurrence?: number
}

export type StepOutcome = { readonly value: unknown } | { readonly error: unknown }

/** A step that is over. */
export interface RememberedStep {
  readonly step: StepId
  readonly outcome: StepOutcome
  /** Milliseconds since 1970. */
  readonly at: number
}

const PAGE = 100

/** What stands, if the step is over. */
export async function recall(store: Store, run: string, step: StepId): Promise<StepOutcome | undefined> {
  const entry = await store.get(await stepKey(run, step))
  return entry && (await toStep(entry)).outcome
}

/**
 * The first outcome stands, whoever comes with another one: a process that has lost its lease, too.
 *
 * @returns what stands
 * @throws NotStorableError if the value cannot be stored
 */
export async function remember(
  store: Store,
  run: string,
  step: StepId,
  outcome: StepOutcome,
  now: number,
): Promise<StepOutcome> {
  const key = await stepKey(run, step)
  const remembered: RememberedStep = { step, outcome, at: now }
  const side = 'value' in outcome ? 'output' : 'error'
  const text = await toStored(
    `${side} of ${describe(step)}`,
    remembered,
    `.outcome.${side === 'output' ? 'value' : side}`,
  )
  if ((await store.put(key, text)) !== undefined) return outcome
  return (await recall(store, run, step)) ?? outcome
}

/**
 * What the step gives, or gave before: then it is not executed. Throws what it threw.
 * @param isStopped of an error: the step was stopped, so its next execution may end otherwise
 */
export async function executeOnce(
  store: Store,
  run: string,
  step: StepId,
  execute: () => Promise<unknown>,
  isStopped: (error: unknown) => boolean,
): Promise<unknown> {
  const known = await recall(store, run, step)
  if (known !== undefined) return unwrap(known)
  let outcome: StepOutcome
  try {
    outcome = { value: await execute() }
  } catch (error) {
    if (isStopped(error)) throw error
    outcome = { error }
  }
  return unwrap(await remember(store, run, step, outcome, Date.now()))
}

function unwrap(outcome: StepOutcome): unknown {
  if ('error' in outcome) throw outcome.error
  return outcome.value
}

/** In the order in which they ended. */
export async function listSteps(store: Store, run: string): Promise<RememberedStep[]> {
  const prefix = `${await runKey(run, 'step')}/`
  const found: Entry[] = []
  for (;;) {
    const page = await store.list(prefix, { after: found.at(-1)?.key ?? '', limit: PAGE })
    found.push(...page)
    if (page.length < PAGE) return Promise.all(found.toSorted((a, b) => a.version - b.version).map(toStep))
  }
}

/** `=` sets a key apart from no key. */
function stepKey(run: string, { label, key, occurrence = 0 }: StepId): Promise<string> {
  return runKey(run, 'step', label, key === undefined ? '' : `=${key}`, String(occurrence))
}

async function toStep({ value }: Entry): Promise<RememberedStep> {
  return (await fromStored(value)) as RememberedStep
}

/** `step "plan" with key "a"`, `step "search", occurrence 2` */
function describe({ label, key, occurrence = 0 }: StepId): string {
  const name = `step ${JSON.stringify(label)}`
  if (key !== undefined) return `${name} with key ${JSON.stringify(key)}`
  return occurrence === 0 ? name : `${name}, occurrence ${occurrence}`
}
