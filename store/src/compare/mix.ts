import { rows, type Store } from '../store.ts'
import type { Note } from './comparison.ts'
import type { Observation } from './observation.ts'
import { type Selection, toCondition } from './selection.ts'
import { mostHash, type RunStats, type Scope } from './side-queries.ts'

/** What may differ between two sides besides what they are compared for. */
const KINDS = ['environment', 'service', 'model'] as const
type Kind = (typeof KINDS)[number]

/** How many of the runs that are read have each value. */
export type Mix = Readonly<Record<Kind, ReadonlyMap<string, number>>>

/** Shares that differ by less are not worth a note. */
const APART = 0.1

/** What the runs of a side are made of: of all, or of about 50,000. */
export async function readMix(store: Store, scope: Scope, selection: Selection, run: RunStats): Promise<Mix> {
  const { sql, params } = toCondition(selection, 'side')
  const found = await rows<
    Readonly<Record<Exclude<Kind, 'model'>, string>> & { models: string[]; runs: number }
  >(
    store,
    `SELECT environment, service, models, count() AS runs FROM runs AS run WHERE ${sql} AND run_key <= {mostHash: UInt64}
     GROUP BY environment, service, models`,
    { ...scope, ...params, mostHash: mostHash(run) },
  )
  const mix = { environment: new Map(), service: new Map(), model: new Map() }
  for (const { environment, service, models, runs } of found) {
    const values = { environment, service, model: [...new Set(models)].sort().join(' and ') }
    for (const kind of KINDS) mix[kind].set(values[kind], (mix[kind].get(values[kind]) ?? 0) + runs)
  }
  return mix
}

interface Mixed {
  readonly label: string
  readonly selection: Selection
  readonly mix: Mix
}

/** Notes where a value has a clearly larger share of one side, unless the sides were chosen by it. */
export function mixNotes([base, candidate]: readonly [Mixed, Mixed], adjust?: string): Note[] {
  return KINDS.filter((kind) => kind !== adjust).flatMap((kind): Note[] => {
    if (kind !== 'model' && (base.selection[kind] ?? candidate.selection[kind]) !== undefined) return []
    const difference = describeDifference(
      kind,
      [base.mix[kind], candidate.mix[kind]],
      [base.label, candidate.label],
    )
    if (difference === undefined) return []
    return [{ kind: 'mix', text: `${difference} What changed may come from that.` }]
  })
}

/** The value whose shares are farthest apart, in words; undefined where none is far. */
function describeDifference(
  what: string,
  [base, candidate]: readonly [ReadonlyMap<string, number>, ReadonlyMap<string, number>],
  labels: readonly [string, string],
): string | undefined {
  const [before, after] = [sharesOf(base), sharesOf(candidate)]
  if (before.size === 0 || after.size === 0) return undefined
  const apart = [...new Set([...before.keys(), ...after.keys()])]
    .map((value) => ({ value, from: before.get(value) ?? 0, to: after.get(value) ?? 0 }))
    .sort((a, b) => Math.abs(b.to - b.from) - Math.abs(a.to - a.from))
  const { value, from, to } = apart[0]!
  if (Math.abs(to - from) < APART) return undefined
  return `The sides differ in ${what}: ${value === '' ? 'none' : value} in ${percent(from)} of ${labels[0]} and ${percent(to)} of ${labels[1]}.`
}

/** What must be known of a comparison within the strata of an attribute. */
export function adjustNotes(
  adjust: string,
  samples: readonly [readonly Observation[], readonly Observation[]],
  labels: readonly [string, string],
): Note[] {
  const [base, candidate] = samples.map(countStrata) as [Map<string, number>, Map<string, number>]
  const difference = describeDifference(adjust, [base, candidate], labels)
  const alone = [
    [base, candidate, labels[0]],
    [candidate, base, labels[1]],
  ] as const
  return [
    ...(difference === undefined
      ? []
      : [{ kind: 'mix' as const, text: `${difference} That is adjusted for.` }]),
    ...alone.flatMap(([own, other, label]): Note[] => {
      const [all, lone] = [[...own], [...own].filter(([value]) => !other.has(value))].map((some) =>
        some.reduce((sum, [, runs]) => sum + runs, 0),
      ) as [number, number]
      if (lone === 0) return []
      const share = lone / all < 0.01 ? 'Less than 1%' : percent(lone / all)
      return [
        {
          kind: 'adjusted',
          text: `${share} of the runs of ${label} have a ${adjust} that the other side has not: they are not compared.`,
        },
      ]
    }),
    {
      kind: 'adjusted',
      text: `Runs are compared with those of the same ${adjust}; success rates are what they would be with the same mix. p95 and p99 are not compared, and medians are those of all runs.`,
    },
  ]
}

function countStrata(sample: readonly Observation[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { stratum = '' } of sample) counts.set(stratum, (counts.get(stratum) ?? 0) + 1)
  return counts
}

function sharesOf(counts: ReadonlyMap<string, number>): Map<string, number> {
  const total = [...counts.values()].reduce((sum, runs) => sum + runs, 0)
  return new Map([...counts].map(([value, runs]) => [value, runs / total]))
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`
}
