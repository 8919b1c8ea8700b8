import type { RetentionDays } from '@weir/config'
import { beforeEach, expect } from 'vitest'
import { settleQuiet } from '../settle/settle.ts'
import { recountedMinutes, storedMinutes } from '../settle/testing.ts'
import { execute, insert, rows, type Store } from '../store.ts'
import { interceptedWrites, later, span, spanRows, type TestSpan, useStore } from '../testing.ts'
import { applyRetention, type RetentionParams } from './apply-retention.ts'
import { openRemovals, type Removal } from './removals.ts'

export const DAY_MS = 86_400_000
const TABLES =
  'spans resources runs run_index run_minutes step_minutes scores run_traces unsettled_traces retention removals retention_traces results baselines'

export const days = (
  others: number | undefined,
  projects: Record<string, number | undefined> = {},
): RetentionDays => ({ others, projects: new Map(Object.entries(projects)) })

/** Three spans, each with some of what a payload is. */
export const RUN = (name = 'research', columns = {}): TestSpan =>
  span(
    'flow',
    name,
    0,
    100,
    { input: '{"q":"why"}', output: 'because', input_type: 'json', output_type: 'text', ...columns },
    span('step', 'plan', 0, 10, {
      attributes: { key: 'value' },
      attribute_types: 's',
      events: '[{"name":"a"},{"name":"b"}]',
    }),
    span('model', 'gpt', 10, 50, { input: 'ü', metadata: '{}' }),
  )

/** A span of a run of which others came before. */
export const LATE: TestSpan = span('step', 'after', 200, 10, { span_id: 'late', parent_span_id: 's0______' })

interface Installation {
  store(): Store
  send(project: string, trace: string, ...roots: readonly TestSpan[]): Promise<void>
  settle(): Promise<void>
  /** Rows that are on the disk, by table. */
  stored(project: string): Promise<Record<string, number>>
  expectExactMinutes(): Promise<void>
}

/** Tables of the test file's own, empty before each test, and what the tests do with them. */
export function useRetention(): Installation {
  const store = useStore()
  beforeEach(async () => {
    for (const table of TABLES.split(' ')) await execute(store(), `TRUNCATE TABLE ${table}`)
  })
  return {
    store,
    async send(project: string, trace: string, ...roots: readonly TestSpan[]): Promise<void> {
      await insert(
        store(),
        'spans',
        spanRows(trace, ...roots).map((row) => ({ ...row, project })),
      )
    },
    async settle(): Promise<void> {
      let more = true
      while (more) more = (await settleQuiet(store(), { quietMs: 0, now: later() })).more
    },
    async stored(project: string): Promise<Record<string, number>> {
      const counted: Record<string, number> = {}
      for (const table of [
        'spans',
        'resources',
        'runs',
        'run_index',
        'run_minutes',
        'step_minutes',
        'scores',
        'run_traces',
      ]) {
        const query = `SELECT count() AS n FROM ${table} WHERE project = {project:String}`
        counted[table] = (await rows<{ n: number }>(store(), query, { project }))[0]!.n
      }
      return counted
    },
    async expectExactMinutes(): Promise<void> {
      expect(await storedMinutes(store())).toEqual(await recountedMinutes(store()))
    },
  }
}

/** A round in some days, by ClickHouse's clock. */
export async function apply(
  store: Store,
  policy: Partial<RetentionParams['policy']>,
  inDays: number,
  params: Partial<RetentionParams> = {},
): Promise<Removal[]> {
  const now = new Date(Date.now() + inDays * DAY_MS)
  const whole = { runs: days(undefined), payloads: days(undefined), ...policy }
  const done: Removal[] = []
  for await (const removal of applyRetention(store, { policy: whole, now, ...params })) done.push(removal)
  return done
}

/**
 * Lets rounds die: the first before its first write, each further one a write later; and from the beginning again once a batch is
 * begun, which all others go on with, until one comes to its end.
 * @returns the deaths after the batch was begun
 */
export async function dieEverywhere(
  store: Store,
  round: (mortal: Store) => Promise<unknown>,
): Promise<number> {
  class Killed extends Error {}
  let isBegun = false
  for (let lived = 0; ; lived++) {
    const mortal = interceptedWrites(store, (write) => {
      if (write > lived) throw new Killed()
    })
    try {
      await round(mortal)
      return lived
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
    if (isBegun || (await openRemovals(store)).length === 0) continue
    isBegun = true
    lived = -1
  }
}
