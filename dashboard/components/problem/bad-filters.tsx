import type { ReactElement } from 'react'
import { TextLink } from '#components/frame/text-link.tsx'
import { answerWith } from '#data/answer-status.ts'
import { type Filters, filtersQuery } from '#filters/filters.ts'
import { EmptyState } from './empty-state.tsx'

interface BadFiltersProps {
  /** A sentence of `filterProblem`. */
  readonly problem: string
  readonly filters: Filters
  readonly path: string
}

/** In place of what a page shows, below its filter bar: why the filters of its address mean nothing. */
export function BadFilters({ problem, filters, path }: BadFiltersProps): ReactElement {
  answerWith(400)
  return (
    <EmptyState title="These filters cannot be applied">
      <p role="alert">
        {problem}{' '}
        <TextLink className="link" href={`${path}${filtersQuery(filters, { range: { preset: '24h' } })}`}>
          Look at the last 24 hours
        </TextLink>
      </p>
    </EmptyState>
  )
}
