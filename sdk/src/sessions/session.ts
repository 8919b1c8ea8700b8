import { runKey, toKey } from '../durable/keys.ts'
import { fromStored, toStored } from '../durable/stored-value.ts'
import { checkKnown, expected, UsageError } from '../errors.ts'
import type { Schema } from '../flow/schema.ts'
import { currentScope } from '../spans/scope.ts'
import type { Store } from '../stores/store.ts'

/** A conversation or visit: its state, and the turns that made it. */
export interface Session<S = unknown> {
  readonly id: string
  /** The state now; of a new session, what the schema makes of nothing. */
  state(): Promise<S>
  /**
   * Changes the state, whoever changes it at the same time: `change` is called again with the newer one then, so it must do nothing
   * else. Resolves to the new state. A run with a store that is executed again does not change it again.
   * @throws UsageError if the new state does not match the schema, NotStorableError
   */
  update(change: (state: S) => S | Promise<S>): Promise<S>
  /** The last turns, the oldest first; 20 unless told otherwise. */
  history(options?: { readonly turns?: number | undefined }): Promise<Turn<S>[]>
  /**
   * A new session that begins as this one was after a turn, the last one unless told otherwise: with its state, and its history.
   * @throws UsageError if there is no such turn, or if there is a session of that id
   */
  branch(id: string, options?: { readonly turn?: number | undefined }): Promise<Session<S>>
}

/** One run of a flow in a session. */
export interface Turn<S = unknown> {
  /** 1..n. */
  readonly number: number
  readonly runId: string
  readonly flow: string
  readonly input: unknown
  readonly output: unknown
  /** After the turn. */
  readonly state: S
  /** Milliseconds since 1970. */
  readonly at: number
}

/** A turn as it is kept, with the name of its run: its id may be that of a run that was deleted. */
type StoredTurn<S> = Turn<S> & { readonly run: string }

/** What is kept of a session beside its turns. */
interface SessionRecord {
  /** Undefined: nobody has changed it. */
  readonly state: unknown
  readonly turns: number
  /** The last changes, by the names that they have whenever their run is executed. Each run keeps its own beside its steps. */
  readonly applied: readonly string[]
  /** A branch has the turns of another session up to this one, and its own after it. */
  readonly origin?: { readonly session: string; readonly turn: number }
}

const NEW: SessionRecord = { state: undefined, turns: 0, applied: [] }
/** Far more than are made between a change and the note of its run that it is made. */
const MAX_APPLIED = 200
const DEFAULT_TURNS = 20
const TURN_DIGITS = 10
const PAGE = 100
const KNOWN_OF_HISTORY = new Set(['turns'])
const KNOWN_OF_BRANCH = new Set(['turn'])

export class StoredSession<S> implements Session<S> {
  readonly id: string
  readonly #store: Store
  readonly #schema: Schema | undefined

  constructor(store: Store, id: string, schema: Schema | undefined) {
    if (typeof id !== 'string' || id === '') throw expected('session', 'a session id', id)
    this.id = id
    this.#store = store
    this.#schema = schema
  }

  async state(): Promise<S> {
    const { record } = await this.#read()
    return this.#stateOf(record)
  }

  async update(change: (state: S) => S | Promise<S>): Promise<S> {
    const { journal } = currentScope()
    if (journal === undefined) return this.#update(change, undefined)
    const name = journal.changeId(this.id)
    const made = await runKey(journal.id, 'change', this.id, name)
    if ((await this.#store.get(made)) !== undefined) return this.state()
    const state = await this.#update(change, name)
    await this.#store.put(made, '')
    return state
  }

  async history(options: { readonly turns?: number | undefined } = {}): Promise<Turn<S>[]> {
    checkKnown('options of history', options, KNOWN_OF_HISTORY)
    const { turns = DEFAULT_TURNS } = options
    if (!Number.isInteger(turns) || turns < 1) throw expected('turns', 'a whole number, 1 or more', turns)
    const { record } = await this.#read()
    const stored = await this.#turns(record, record.turns - turns, record.turns)
    return stored.map(({ run, ...turn }) => turn)
  }

  async branch(id: string, options: { readonly turn?: number | undefined } = {}): Promise<Session<S>> {
    checkKnown('options of branch', options, KNOWN_OF_BRANCH)
    const { record } = await this.#read()
    const { turn = record.turns } = options
    if (!Number.isInteger(turn) || turn < 0 || turn > record.turns) {
      throw expected('turn', `a turn of session ${this.id}, 0 to ${record.turns}`, turn)
    }
    const branch = new StoredSession<S>(this.#store, id, this.#schema)
    const [last] = turn === record.turns ? [record] : await this.#turns(record, turn - 1, turn)
    const origin = { session: this.id, turn }
    // One write: there is no branch, or all of it.
    if (!(await branch.#write({ state: last?.state, turns: turn, applied: [], origin }, undefined))) {
      throw new UsageError(`branch: expected the id of a new session, got ${id}`)
    }
    return branch
  }

  /**
   * Adds a turn once, however often its run is executed.
   * @param run names the run, as no other
   */
  async addTurn(turn: Omit<Turn<S>, 'number' | 'state'>, run: string): Promise<void> {
    for (;;) {
      const { record, version } = await this.#read()
      if (record.applied.includes(run)) return
      const number = record.turns + 1
      const state = await this.#stateOf(record)
      const key = await this.#putTurn({ ...turn, number, state, run })
      const applied = [...record.applied, run].slice(-MAX_APPLIED)
      if (await this.#write({ ...record, turns: number, applied }, version)) return
      // Another run was first: this one gets the next number.
      const lost = await this.#store.get(key)
      if (lost !== undefined) await this.#store.delete(key, lost.version)
    }
  }

  async #update(change: (state: S) => S | Promise<S>, changeId: string | undefined): Promise<S> {
    for (;;) {
      const { record, version } = await this.#read()
      const before = await this.#stateOf(record)
      if (changeId !== undefined && record.applied.includes(changeId)) return before
      const state = await this.#check(await change(before))
      const applied =
        changeId === undefined ? record.applied : [...record.applied, changeId].slice(-MAX_APPLIED)
      if (await this.#write({ ...record, state, applied }, version)) return state
    }
  }

  async #stateOf({ state }: SessionRecord): Promise<S> {
    return state === undefined ? this.#initial() : (state as S)
  }

  /** What the schema makes of nothing, or of an object without fields. */
  async #initial(): Promise<S> {
    if (this.#schema === undefined) return undefined as S
    for (const nothing of [undefined, {}]) {
      const result = await this.#schema['~standard'].validate(nothing)
      if (result.issues === undefined) return result.value as S
    }
    throw new UsageError(
      `state of session ${this.id}: expected a schema with defaults, since a new session has no state`,
    )
  }

  async #check(state: unknown): Promise<S> {
    if (this.#schema === undefined) return state as S
    const result = await this.#schema['~standard'].validate(state)
    if (result.issues === undefined) return result.value as S
    const issues = result.issues.map(({ message }) => message).join('; ')
    throw new UsageError(`state of session ${this.id}: expected what its schema describes, got ${issues}`)
  }

  async #read(): Promise<{ record: SessionRecord; version: number | undefined }> {
    const entry = await this.#store.get(await this.#key('state'))
    return entry === undefined
      ? { record: NEW, version: undefined }
      : { record: (await fromStored(entry.value)) as SessionRecord, version: entry.version }
  }

  async #write(record: SessionRecord, version: number | undefined): Promise<boolean> {
    const text = await toStored(`state of session ${this.id}`, record, '.state')
    return (await this.#store.put(await this.#key('state'), text, version)) !== undefined
  }

  /**
   * Turns after number `from`, to number `to`. A run that was about to be a turn when its process died has become a later one: the
   * last number of a run counts.
   */
  async #turns({ origin }: SessionRecord, from: number, to: number): Promise<StoredTurn<S>[]> {
    const byRun = new Map<string, StoredTurn<S>>()
    const inherited = origin?.turn ?? 0
    if (origin !== undefined && from < inherited) {
      const source = new StoredSession<S>(this.#store, origin.session, this.#schema)
      const { record } = await source.#read()
      for (const turn of await source.#turns(record, from, Math.min(to, inherited))) byRun.set(turn.run, turn)
    }
    const prefix = `${await this.#key('turn')}/`
    for (let after = `${prefix}${digits(Math.max(from, inherited) + 1)}`; ; ) {
      const page = await this.#store.list(prefix, { after, limit: PAGE })
      const turns = await Promise.all(
        page.map(async ({ value }) => (await fromStored(value)) as StoredTurn<S>),
      )
      for (const turn of turns) if (turn.number <= to) byRun.set(turn.run, turn)
      const last = page.at(-1)
      if (last === undefined || page.length < PAGE || turns.at(-1)!.number > to) break
      after = last.key
    }
    return [...byRun.values()].sort((a, b) => a.number - b.number)
  }

  async #putTurn(turn: StoredTurn<S>): Promise<string> {
    const key = await toKey('session', this.id, 'turn', digits(turn.number), turn.runId)
    await this.#store.put(key, await toStored(`turn of session ${this.id}`, turn))
    return key
  }

  #key(part: string): Promise<string> {
    return toKey('session', this.id, part)
  }
}

function digits(number: number): string {
  return String(number).padStart(TURN_DIGITS, '0')
}
