import type { Store } from '@weir/store'
import { countRuns, type RunCount, type RunSearch } from '@weir/store/pages'
import type { ReactElement } from 'react'
import { TextLink } from '#components/frame/text-link.tsx'
import { ANY_TIME, type Loosening, loosenings, loosest } from '#filters/loosen.ts'
import { type SearchParams, withParameters } from '#filters/search-params.ts'
import type { TimeRange } from '#filters/time-range.ts'
import { formatExact } from '#format/number.ts'
import styles from './empty-state.module.css'
import { EmptyState } from './empty-state.tsx'

interface NoRunsProps {
  readonly store: Store
  /** What found nothing. */
  readonly search: RunSearch
  readonly range: TimeRange
  readonly path: string
  readonly params: SearchParams
}

/** No run matches: which filter to take away and what there is without it; how to send the first runs, where there are none. */
export async function NoRuns({ store, search, range, path, params }: NoRunsProps): Promise<ReactElement> {
  const nowMs = Date.now()
  const { project } = search
  const all = loosest(search, params, nowMs)
  const single = loosenings(search, params, range, nowMs)
  const [stored, ...counts] = await Promise.all([
    countRuns(store, { project, ...ANY_TIME }, 1),
    ...[...single, all].map((loosening) => countRuns(store, loosening.search)),
  ])
  if (stored.runs === 0) return <NothingStored />
  const found = [...single, all].map((loosening, nth) => ({ loosening, count: counts[nth] ?? NONE }))
  // To take away all of them is offered where one less is not enough.
  const isEnough = counts.slice(0, single.length).some(({ runs }) => runs > 0)
  return (
    <EmptyState title="No run matches all filters">
      <ul className={styles.list} aria-label="What to loosen">
        {(isEnough ? found.slice(0, -1) : found).map(({ loosening, count }) => (
          <Loosened key={loosening.label} {...{ loosening, count, path, params }} />
        ))}
      </ul>
    </EmptyState>
  )
}

const NONE: RunCount = { runs: 0, isCut: false, firstMs: 0, lastMs: 0 }

interface LoosenedProps {
  readonly loosening: Loosening
  readonly count: RunCount
  readonly path: string
  readonly params: SearchParams
}

function Loosened({ loosening, count, path, params }: LoosenedProps): ReactElement {
  const href = `${path}${withParameters(params, { ...loosening.changes(count), cursor: '' })}`
  const runs = `${formatExact(count.runs)} ${count.runs === 1 ? 'run' : 'runs'}`
  return (
    <li>
      <TextLink className="link" href={href}>
        {loosening.label}
      </TextLink>{' '}
      <span className="muted">{count.isCut ? `more than ${runs}` : runs}</span>
    </li>
  )
}

function NothingStored(): ReactElement {
  return (
    <EmptyState
      title="No run is stored yet"
      commands={['weir demo', 'weir eval examples/research/research.eval.ts']}
    >
      <p>
        Send spans as{' '}
        <TextLink className="link" href="/settings">
          Settings
        </TextLink>{' '}
        describes, or let the examples run:
      </p>
    </EmptyState>
  )
}
