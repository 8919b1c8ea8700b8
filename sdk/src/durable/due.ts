import type { Entry, Store } from '../stores/store.ts'
import { warn } from '../warn.ts'
import { toKey } from './keys.ts'

/** Somebody should look at a run at a time: a wait times out, a sleep ends, a signal came, a lease runs out. */
export interface Due {
  readonly run: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly key: string
  readonly version: number
}

/** Fixed, so that keys sort by time. */
const TIME_DIGITS = 16
const PAGE = 100

/**
 * From `at` on, any process finds the run with {@link listDue}.
 *
 * @param reason the same run, time and reason is the same entry. Default: an entry of its own, which nobody else clears before its time
 */
export async function schedule(
  store: Store,
  run: string,
  at: number,
  reason: string = crypto.randomUUID(),
): Promise<Due> {
  const time = toTime(at)
  const key = await dueKey(run, time, reason)
  for (;;) {
    const written = await store.put(key, JSON.stringify({ run, at: time }))
    const version = written ?? (await store.get(key))?.version
    if (version !== undefined) return { run, at: time, key, version }
  }
}

/** What is due, the longest overdue first. What is not cleared comes again. */
export async function* listDue(store: Store, now: number): AsyncGenerator<Due, void, undefined> {
  for (let after = ''; ; ) {
    const entries = await store.list('due/', { after, limit: PAGE })
    for (const entry of entries) {
      const due = toDue(entry)
      if (due === undefined) continue
      if (due.at > now) return
      yield due
    }
    const last = entries.at(-1)
    if (last === undefined || entries.length < PAGE) return
    after = last.key
  }
}

/** Undefined: nobody can tell which run it is about. It stays, for whoever knows. */
function toDue({ key, value, version }: Entry): Due | undefined {
  try {
    const { run, at } = JSON.parse(value) as Partial<Due>
    if (typeof run === 'string' && run !== '' && typeof at === 'number') return { run, at, key, version }
  } catch {
    // As one with other fields.
  }
  warn('store', `the entry ${key} of what is due is passed over: expected a run and a time`)
  return undefined
}

export async function clearDue(store: Store, { key, version }: Due): Promise<void> {
  await store.delete(key, version)
}

/** What {@link schedule} was called for is no longer needed. */
export async function unschedule(store: Store, run: string, at: number, reason: string): Promise<void> {
  const entry = await store.get(await dueKey(run, toTime(at), reason))
  if (entry !== undefined) await store.delete(entry.key, entry.version)
}

function dueKey(run: string, time: number, reason: string): Promise<string> {
  return toKey('due', String(time).padStart(TIME_DIGITS, '0'), run, reason)
}

/** Never before the time that was asked for. */
function toTime(at: number): number {
  return Math.max(0, Math.ceil(at))
}
