import { type Installation, startInstallation, until } from '@weir/engines/testing'
import { createStore, type Store } from '@weir/store'
import { addMonitor, promoteExperiment, pushDataset, upsertExperiment } from '@weir/store/evaluations'
import fc from 'fast-check'
import { postRuns, type SentRun } from './send-runs.ts'

const FIXED: readonly string[] = [
  'research',
  '100% of %41 %2F %',
  '.',
  '..',
  'POST /orders?id=1#top',
  '//evil.example/..',
  '',
  ',a, "b",',
  '~',
  '~2F',
  ' ends with a slash/',
  'ü你\u{1F600}\u0301',
  'tab\tand\nline',
  'back\\slash',
  `<b>"it's"</b>&amp;=+;`,
  'x.rsc',
  '[flow]',
  'x'.repeat(12_000),
  '你'.repeat(12_000),
]

const anyName = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 12 })
  .filter((name) => /^[^\p{C}\s]+$/u.test(name) && !FIXED.includes(name))

/** Names that addresses, lists and terminals are prone to change; no two are equal, as they are ids of runs too. */
export const NAMES: readonly string[] = [
  ...FIXED,
  ...fc.sample(fc.uniqueArray(anyName, { minLength: 4, maxLength: 4 }), 1).flat(),
]
/** Those that a dataset may have. */
export const DATASET_NAMES: readonly string[] = NAMES.filter((name) => /^[^@\p{Cc}]+$/u.test(name))

/** A Weir in which these runs are settled, with an experiment, a baseline, a monitor and a dataset of each name. */
export async function startWithNames(
  names: readonly string[],
  runsAt: (now: number) => readonly SentRun[],
): Promise<Installation> {
  const weir = await startInstallation()
  const now = Date.now()
  const runs = runsAt(now)
  await postRuns(weir.collectorUrl, runs)
  const store = createStore({ url: weir.clickhouseUrl, database: 'weir' })
  await addNames(store, names, now)
  await store.close()
  await until(
    () => weir.query<{ runs: number }>('SELECT count() AS runs FROM runs FINAL'),
    ([row]) => row?.runs === runs.length,
  )
  return weir
}

async function addNames(store: Store, names: readonly string[], now: number): Promise<void> {
  for (const [nth, name] of names.entries()) {
    await upsertExperiment(store, {
      ...{
        experimentId: name,
        evaluation: name,
        flow: name,
        version: name,
        environment: name,
        dataset: name,
      },
      ...{
        variant: '',
        revision: '',
        datasetHash: '',
        baselineExperimentId: '',
        error: '',
        definition: '{}',
      },
      ...{ status: 'passed', planned: 1, gates: [], startedMs: now - nth * 1000, finishedMs: now },
    })
    await promoteExperiment(store, { experimentId: name })
    await addMonitor(store, { name, flow: name, definition: '{}', sample: 1 })
    if (DATASET_NAMES.includes(name)) await pushDataset(store, { name, cases: [{ id: 'a', input: 'x' }] })
  }
}
