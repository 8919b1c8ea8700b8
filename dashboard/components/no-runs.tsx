import { type RunSearch, type Store, searchRuns } from '@weir/store'
import type { ReactElement } from 'react'
import { type Filters, filtersQuery } from '../filters/filters.ts'
import { describeTimeRange } from '../filters/time-range.ts'
import { EmptyState } from './empty-state.tsx'
import { TextLink } from './text-link.tsx'

interface NoRunsProps {
  readonly store: Store
  /** What found nothing. */
  readonly search: RunSearch
  readonly filters: Filters
  readonly path: string
}

/** No run matches: look at those of the other source, widen the filters, or send the first runs. */
export async function NoRuns({ store, search, filters, path }: NoRunsProps): Promise<ReactElement> {
  const when = describeTimeRange(filters.range)
  const other = filters.source === 'production' ? 'experiment' : 'production'
  if (filters.source !== 'any' && (await hasRuns(store, { ...search, source: other }))) {
    return (
      <EmptyState title={`Only ${other} runs in ${when} match`}>
        <p>
          This page shows {filters.source} runs.{' '}
          <TextLink className="link" href={`${path}${filtersQuery(filters, { source: other })}`}>
            Show the {other} runs
          </TextLink>
        </p>
      </EmptyState>
    )
  }
  const wider = filtersQuery(filters, {
    range: { preset: '90d' },
    environment: '',
    version: '',
    status: '',
    source: 'any',
    search: '',
  })
  return (
    <EmptyState
      title={`No runs in ${when} match`}
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

async function hasRuns(store: Store, search: RunSearch): Promise<boolean> {
  const { runs } = await searchRuns(store, { ...search, limit: 1 })
  return runs.length > 0
}
