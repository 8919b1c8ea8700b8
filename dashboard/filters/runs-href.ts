import { printQuery } from '@weir/store/run-query'
import { toQuery } from './search-params.ts'

/** The list of the runs of a user or an experiment, wherever they came from. */
export function runsHref(
  field: 'user' | 'experiment',
  name: string,
  range: Readonly<Record<string, string | undefined>> = {},
): string {
  const value = { type: 'pattern', text: name, before: false, after: false } as const
  const q = printQuery({ type: 'field', field, operator: ':', value })
  return `/runs${toQuery({ q, source: 'any', ...range })}`
}
