import { type Filters, sourceParameter } from '../filters/filters.ts'
import type { Choice } from './filter-bar.tsx'

/** Which runs a page counts; production ones unless told otherwise. */
export function sourceChoice({ source }: Filters): Choice {
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
