import type { FilterOptions, Offered } from '@weir/store/pages'
import { type Filters, sourceParameter } from '#filters/filters.ts'
import { nameParameter } from '#filters/name-parameter.ts'
import type { Choice } from './filter-bar.tsx'

const NOTHING = { environments: { values: [], total: 0 }, versions: { values: [], total: 0 } }

/** Where the runs of a page come from: environment, version and source. */
export function originChoices(
  filters: Filters,
  known: Pick<FilterOptions, 'environments' | 'versions'> = NOTHING,
): Choice[] {
  const { environment, version } = filters
  return [
    { name: 'environment', label: 'Environment', value: environment, ...toChoices(known.environments) },
    { name: 'version', label: 'Version', value: version, ...toChoices(known.versions) },
    sourceChoice(filters),
  ]
}

/** Where not all values are offered, the others can be written. */
export function toChoices(
  { values, total }: Offered = { values: [], total: 0 },
): Pick<Choice, 'options' | 'total'> {
  return {
    options: values.map((name) => [nameParameter(name), name || '(none)']),
    total,
  }
}

/** Which runs a page counts; production ones unless told otherwise. */
function sourceChoice({ source }: Filters): Choice {
  return {
    name: 'source',
    label: 'Source',
    value: sourceParameter(source),
    unset: 'Production runs',
    options: [
      ['experiment', 'Experiment runs'],
      ['any', 'Any source'],
    ],
  }
}
