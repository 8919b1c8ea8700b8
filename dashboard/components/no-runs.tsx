import type { ReactElement } from 'react'
import { type Filters, filtersQuery } from '../filters/filters.ts'
import { describeTimeRange } from '../filters/time-range.ts'
import { EmptyState } from './empty-state.tsx'
import { TextLink } from './text-link.tsx'

/** No run matches: widen the filters, or send the first runs. */
export function NoRuns({
  filters,
  path,
}: {
  readonly filters: Filters
  readonly path: string
}): ReactElement {
  const wider = filtersQuery(filters, {
    range: { preset: '90d' },
    environment: '',
    version: '',
    status: '',
    source: '',
    search: '',
  })
  return (
    <EmptyState
      title={`No runs in ${describeTimeRange(filters.range)} match`}
      commands={['weir demo', 'weir eval examples/research/research.eval.ts']}
    >
      <p>
        <TextLink className="link" href={`${path}${wider}`}>
          Look at the last 90 days without filters
        </TextLink>
        , send spans as{' '}
        <TextLink className="link" href="/settings">
          Settings
        </TextLink>{' '}
        describes, or let the examples run:
      </p>
    </EmptyState>
  )
}
