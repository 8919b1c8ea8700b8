import { findExperiment } from '../evaluations/experiments.ts'
import type { Experiment } from '../evaluations/types.ts'
import { rows, type Store } from '../store.ts'
import type { LoneCases, Note, Pairing } from './comparison.ts'
import type { TrialValues } from './measure-cases.ts'
import { countCases } from './pair-cases.ts'
import type { ResolvedSide } from './selection.ts'

/** How many ids of cases that only one side has are named. */
const NAMED_CASES = 20

type Sides = readonly [base: ResolvedSide, candidate: ResolvedSide]

/** Null unless both sides are experiments that share a case. */
export async function findPairing(store: Store, [base, candidate]: Sides): Promise<Pairing | null> {
  if (base.experimentId === undefined || candidate.experimentId === undefined) return null
  const named = (condition: string) => `groupArraySortedIf(${NAMED_CASES})(case_id, ${condition})`
  const [row] = await rows<{
    both: number
    removed: number
    added: number
    removedIds: string[]
    addedIds: string[]
  }>(
    store,
    `SELECT countIf(in_base AND in_candidate) AS both, countIf(NOT in_candidate) AS removed, countIf(NOT in_base) AS added,
       ${named('NOT in_candidate')} AS removedIds, ${named('NOT in_base')} AS addedIds
     FROM (SELECT case_id, max(experiment_id = {base: String}) AS in_base, max(experiment_id = {candidate: String}) AS in_candidate
       FROM results WHERE project = {project: String} AND experiment_id IN ({base: String}, {candidate: String}) AND kind = 'task'
       GROUP BY case_id)`,
    { project: store.project, base: base.experimentId, candidate: candidate.experimentId },
  )
  const { both, removed, added, removedIds, addedIds } = row!
  if (both === 0) return null
  return {
    cases: both,
    added: { total: added, ids: addedIds },
    removed: { total: removed, ids: removedIds },
  }
}

/** The sides, each narrowed to the cases that the other one has. */
export function shareCases([base, candidate]: Sides): Sides {
  const narrow = (side: ResolvedSide, other: ResolvedSide): ResolvedSide => ({
    ...side,
    selection: { ...side.selection, casesOf: other.experimentId! },
  })
  return [narrow(base, candidate), narrow(candidate, base)]
}

/** What must be known of two experiments before their cases are compared. */
export async function pairingNotes(
  store: Store,
  [base, candidate]: Sides,
  pairing: Pairing | null,
): Promise<Note[]> {
  if (base.experimentId === undefined || candidate.experimentId === undefined) return []
  const experiments = await Promise.all(
    [base, candidate].map(({ experimentId }) => findExperiment(store, { experimentId: experimentId! })),
  )
  const notes = datasetNotes([base, candidate], experiments)
  if (pairing === null)
    return [
      ...notes,
      {
        kind: 'cases',
        text: `${base.label} and ${candidate.label} share no case: their runs are compared without pairing, pass rates and scores not at all.`,
      },
    ]
  const lone = [
    [candidate, pairing.added],
    [base, pairing.removed],
  ] as const
  return [
    ...notes,
    ...lone
      .filter(([, { total }]) => total > 0)
      .map(([{ label }, cases]) => ({
        kind: 'cases' as const,
        text: `Only ${label} has ${describeCases(cases)}: not compared.`,
      })),
  ]
}

function datasetNotes(
  [base, candidate]: Sides,
  [before, after]: readonly (Experiment | undefined)[],
): Note[] {
  if (!before || !after || before.datasetHash === after.datasetHash) return []
  const name = ({ dataset }: Experiment) => dataset || 'cases of its own definition'
  return [
    {
      kind: 'dataset',
      text: `The datasets differ: ${base.label} ran ${name(before)}, ${candidate.label} ${name(after)}. A case counts as the same if its id is.`,
    },
  ]
}

function describeCases({ total, ids }: LoneCases): string {
  const more = total > ids.length ? ` and ${total - ids.length} more` : ''
  return `${countCases(total)} (${ids.join(', ')}${more})`
}

/** Notes on trials and scorers that the comparison leaves out. */
export function valueNotes(
  labels: readonly [base: string, candidate: string],
  values: readonly [readonly TrialValues[], readonly TrialValues[]],
): Note[] {
  const [base, candidate] = values.map((side) => new Set(side.map(({ kind, name }) => `${kind} ${name}`)))
  const only = (own: readonly TrialValues[], other: Set<string>, label: string): Note[] =>
    own
      .filter(({ kind, name }) => !other.has(`${kind} ${name}`))
      .map(({ kind, name }) => ({
        kind: 'cases',
        text: `Only ${label} has the ${kind}${name && ` ${name}`}: not compared.`,
      }))
  return [
    ...trialNotes(values),
    ...only(values[0], candidate!, labels[0]),
    ...only(values[1], base!, labels[1]),
  ]
}

function trialNotes(values: readonly [readonly TrialValues[], readonly TrialValues[]]): Note[] {
  const [base, candidate] = values.map((side) =>
    Map.groupBy(side.find(({ kind }) => kind === 'pass rate')?.values ?? [], ({ caseId }) => caseId),
  )
  const unequal = [...base!].filter(([id, trials]) => {
    const others = candidate!.get(id)
    return others !== undefined && others.length !== trials.length
  }).length
  if (unequal === 0) return []
  return [
    {
      kind: 'cases',
      text: `Of ${countCases(unequal)} one side has more trials: the first ones count, as many as on the other side. Run both with as many trials.`,
    },
  ]
}
