import type { Store } from '@weir/store'
import { describeSide, formatSide, type Side } from '@weir/store/compare'
import { listBaselines, listExperiments } from '@weir/store/evaluations'
import { getFilterOptions, listVersions, type Offered } from '@weir/store/pages'
import type { Option } from '#components/form/select.tsx'
import { formatUtc } from '#format/time.ts'

/** How far back the form looks for flows and versions to offer. */
const LOOK_BACK_MS = 90 * 86_400_000

/** Baselines and experiments to choose from; any other is chosen on its own page. */
const NEWEST = 50

const WINDOWS: readonly Option[] = [
  ['window=24h', 'the last 24 hours'],
  ['window=48h..24h', 'the 24 hours before'],
  ['window=7d', 'the last 7 days'],
  ['window=14d..7d', 'the 7 days before'],
]

export interface CompareChoices {
  readonly flows: Offered
  /** Newest first. */
  readonly versions: readonly string[]
  /** Sides as `parseSide` reads them, with words for people. */
  readonly groups: readonly { readonly label: string; readonly options: readonly Option[] }[]
}

/** What a flow can be compared by. */
export async function compareChoices(
  store: Store,
  flow: string | undefined,
  nowMs: number,
): Promise<CompareChoices> {
  const window = { from: new Date(nowMs - LOOK_BACK_MS), to: new Date(nowMs) }
  const { flows } = await getFilterOptions(store, window)
  if (flow === undefined) return { flows, versions: [], groups: [] }
  const [page, options, baselines, experiments] = await Promise.all([
    listVersions(store, { ...window, flow }),
    getFilterOptions(store, { ...window, flow }),
    listBaselines(store, { flow, limit: NEWEST }),
    listExperiments(store, { flow, limit: NEWEST }),
  ])
  const versions = page.versions.map(({ version }) => version)
  const groups = [
    {
      label:
        page.next === null ? 'Versions' : `Versions, the newest ${page.versions.length} of ${page.total}`,
      options: versions.map((version) => sideOption({ kind: 'version', version })),
    },
    {
      label: baselines.length < NEWEST ? 'Baselines' : `Baselines, the newest ${NEWEST}`,
      options: baselines.map(({ name, evaluation }): Option => {
        const side = { kind: 'baseline', name } as const
        if (evaluation === '') return sideOption(side)
        return [formatSide({ ...side, evaluation }), `${describeSide(side)} of ${evaluation}`]
      }),
    },
    {
      label: experiments.length < NEWEST ? 'Experiments' : `Experiments, the newest ${NEWEST}`,
      options: experiments.map(
        ({ experimentId, evaluation, variant, version, started }): Option => [
          formatSide({ kind: 'experiment', experimentId }),
          [
            experimentId.slice(0, 12),
            evaluation,
            variant,
            version && `version ${version}`,
            formatUtc(started).slice(5, 16),
          ]
            .filter(Boolean)
            .join(' · '),
        ],
      ),
    },
    {
      label: 'Environments',
      options: options.environments.values.map((environment) =>
        sideOption({ kind: 'environment', environment }),
      ),
    },
    { label: 'Time', options: WINDOWS },
  ]
  return { flows, versions, groups: groups.filter((group) => group.options.length > 0) }
}

function sideOption(side: Side): Option {
  return [formatSide(side), describeSide(side)]
}
