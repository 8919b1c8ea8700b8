import { rows, type Store } from '../store.ts'
import type { Note } from './comparison.ts'
import { matchSql, type Selection, toSelectionSql } from './selection.ts'
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
  const side = toSelectionSql(selection, 'side')
  const found = await rows<
    Readonly<Record<Exclude<Kind, 'model'>, string>> & { models: string[]; runs: number }
  >(
    store,
    `SELECT environment, service, models, count() AS runs FROM runs AS run ${matchSql(side)} AND run_key <= {mostHash: UInt64}
     GROUP BY environment, service, models`,
    { ...scope, ...side.params, mostHash: mostHash(run) },
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
export function mixNotes([base, candidate]: readonly [Mixed, Mixed]): Note[] {
  return KINDS.flatMap((kind): Note[] => {
    if (kind !== 'model' && (base.selection[kind] ?? candidate.selection[kind]) !== undefined) return []
    const [before, after] = [sharesOf(base.mix[kind]), sharesOf(candidate.mix[kind])]
    if (before.size === 0 || after.size === 0) return []
    const apart = [...new Set([...before.keys(), ...after.keys()])]
      .map((value) => ({ value, from: before.get(value) ?? 0, to: after.get(value) ?? 0 }))
      .sort((a, b) => Math.abs(b.to - b.from) - Math.abs(a.to - a.from))
    const { value, from, to } = apart[0]!
    if (Math.abs(to - from) < APART) return []
    const text = `The sides differ in ${kind}: ${value === '' ? 'none' : value} in ${percent(from)} of ${base.label} and ${percent(to)} of ${candidate.label}. What changed may come from that.`
    return [{ kind: 'mix', text }]
  })
}

function sharesOf(counts: ReadonlyMap<string, number>): Map<string, number> {
  const total = [...counts.values()].reduce((sum, runs) => sum + runs, 0)
  return new Map([...counts].map(([value, runs]) => [value, runs / total]))
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`
}
