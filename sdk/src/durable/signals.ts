import type { Entry, Store } from '../stores/store.ts'
import { schedule, unschedule } from './due.ts'
import { runKey } from './keys.ts'
import { fromStored, toStored } from './stored-value.ts'

export interface Signal {
  readonly name: string
  /** Tells waits of one name apart. */
  readonly key?: string | undefined
  readonly value?: unknown
  /** With the same name, key and id again it is the same signal. Default: a new one. */
  readonly id?: string | undefined
}

/** A call that waits for one signal: the oldest that no other wait has taken. */
export interface Wait {
  readonly name: string
  readonly key?: string
  /** Which of the waits of this name and key: how many the run called before, or what else is the same whenever it is executed. */
  readonly occurrence: number | string
  /** Milliseconds from the first call on, through all resumptions. */
  readonly timeout?: number
}

export interface Sleep {
  readonly label: string
  /** How many sleeps of this label the run called before. */
  readonly occurrence: number
  /** Milliseconds from the first call on, through all resumptions. */
  readonly duration: number
}

export type WaitOutcome =
  | { readonly status: 'received'; readonly value: unknown }
  | { readonly status: 'timedOut' }
export type WaitState = WaitOutcome | { readonly status: 'waiting'; readonly deadline: number | undefined }

/** What one wait of a mailbox has. */
interface Claim {
  /** Milliseconds since 1970. */
  readonly deadline?: number
  /** The last part of its signal's key; null: it timed out. */
  readonly taken?: string | null
}

/** By occurrence. One write to this entry decides which wait gets a signal, or that it times out. */
type Claims = Readonly<Record<number | string, Claim>>

const PAGE = 100

/**
 * Keeps a signal until a wait takes it, whether the wait was called already or not; any process finds the run due. After an error,
 * send it again with the same id.
 *
 * @throws NotStorableError if the value cannot be stored
 */
export async function sendSignal(store: Store, run: string, signal: Signal, now: number): Promise<void> {
  const { id = crypto.randomUUID(), name, key, value } = signal
  const text = await toStored(`value of signal ${JSON.stringify(name)}`, value)
  await store.put(await mailboxKey(run, 'signal', name, key, 'sent', id), text)
  await schedule(store, run, now)
}

/**
 * Whether the wait has its signal or has timed out: the answer is the same in every process, and once given it stands. A signal
 * that is there when somebody looks wins over a deadline that has passed. A run that waits until a deadline is found due then.
 */
export function takeSignal(store: Store, run: string, wait: Wait, now: number): Promise<WaitState> {
  return settle(store, run, 'signal', wait, now)
}

/** As a wait to which nobody can send: `waiting`, then `timedOut`. */
export function sleep(store: Store, run: string, sleep: Sleep, now: number): Promise<WaitState> {
  const { label, occurrence, duration } = sleep
  return settle(store, run, 'sleep', { name: label, occurrence, timeout: duration }, now)
}

type Kind = 'signal' | 'sleep'

async function settle(store: Store, run: string, kind: Kind, wait: Wait, now: number): Promise<WaitState> {
  const { name, key, occurrence, timeout } = wait
  const keyOf = (...parts: readonly string[]) => mailboxKey(run, kind, name, key, ...parts)
  const sent = `${await keyOf('sent')}/`
  const claimsKey = await keyOf('claims')
  const outcomeKey = await keyOf('outcome', String(occurrence))
  for (;;) {
    const known = await store.get(outcomeKey)
    if (known !== undefined) return (await fromStored(known.value)) as WaitOutcome

    const entry = await store.get(claimsKey)
    const claims: Claims = entry === undefined ? {} : JSON.parse(entry.value)
    const before = claims[occurrence]
    const claim = before ?? (timeout === undefined ? {} : { deadline: now + timeout })
    const { deadline } = claim
    const taken = claim.taken === undefined ? await choose(store, sent, claims, deadline, now) : claim.taken
    if (taken !== before?.taken || deadline !== before?.deadline) {
      const text = JSON.stringify({ ...claims, [occurrence]: { deadline, taken } })
      if ((await store.put(claimsKey, text, entry?.version)) === undefined) continue
    }

    if (taken === undefined) {
      if (deadline !== undefined) await schedule(store, run, deadline, outcomeKey)
      return { status: 'waiting', deadline }
    }
    const signal = taken === null ? undefined : await store.get(sent + taken)
    // Another process has the signal, and wrote the outcome before it deleted it.
    if (taken !== null && signal === undefined) continue
    const outcome: WaitOutcome =
      signal === undefined
        ? { status: 'timedOut' }
        : { status: 'received', value: await fromStored(signal.value) }
    if ((await store.put(outcomeKey, await toStored('outcome of a wait', outcome))) === undefined) continue
    if (signal !== undefined) await store.delete(signal.key, signal.version)
    if (deadline !== undefined) await unschedule(store, run, deadline, outcomeKey)
    return outcome
  }
}

/** The oldest signal that no wait has; null if there is none and the time is over; undefined if it is not. */
async function choose(
  store: Store,
  prefix: string,
  claims: Claims,
  deadline: number | undefined,
  now: number,
): Promise<string | null | undefined> {
  const others = new Set(Object.values(claims).map((claim) => claim.taken))
  let oldest: Entry | undefined
  for (let after = ''; ; ) {
    const page = await store.list(prefix, { after, limit: PAGE })
    for (const signal of page) {
      if (!others.has(signal.key.slice(prefix.length)) && signal.version < (oldest?.version ?? Infinity))
        oldest = signal
    }
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) break
    after = last.key
  }
  if (oldest !== undefined) return oldest.key.slice(prefix.length)
  return deadline !== undefined && now >= deadline ? null : undefined
}

/** `=` tells a key from no key. */
function mailboxKey(
  run: string,
  kind: Kind,
  name: string,
  key: string | undefined,
  ...parts: readonly string[]
): Promise<string> {
  return runKey(run, kind, name, key === undefined ? '' : `=${key}`, ...parts)
}
