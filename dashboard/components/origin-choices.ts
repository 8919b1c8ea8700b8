import { type Filters, sourceParameter } from '../filters/filters.ts'
import type { Choice } from './filter-bar.tsx'

/** Where the runs of a page come from: environment, version and source. */
export function originChoices(
  filters: Filters,
  known: { readonly environments: Choice['options']; readonly versions: Choice['options'] },
): Choice[] {
  const { environment, version } = filters
  return [
    { name: 'environment', label: 'Environment', value: environment, options: known.environments },
    { name: 'version', label: 'Version', value: version, options: known.versions },
    sourceChoice(filters),
  ]
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
