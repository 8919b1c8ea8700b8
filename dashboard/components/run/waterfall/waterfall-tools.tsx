'use client'

import type { ReactElement } from 'react'
import { formatExact } from '#format/number.ts'
import styles from './waterfall.module.css'

interface WaterfallToolsProps {
  readonly search: string
  readonly onSearch: (text: string) => void
  readonly errors: number
  readonly errorsOnly: boolean
  readonly onErrorsOnly: (only: boolean) => void
  readonly isCollapsed: boolean
  readonly onCollapse: (collapse: boolean) => void
  readonly shown: number
  readonly total: number
}

export function WaterfallTools(props: WaterfallToolsProps): ReactElement {
  const { search, errors, errorsOnly, isCollapsed, shown, total } = props
  return (
    <div className={styles.tools}>
      <input
        type="search"
        aria-label="Find spans"
        placeholder="Find spans by name, kind or model"
        value={search}
        onChange={(event) => props.onSearch(event.target.value)}
      />
      {errors > 0 ? (
        <button
          type="button"
          className="button"
          aria-pressed={errorsOnly}
          onClick={() => props.onErrorsOnly(!errorsOnly)}
        >
          {formatExact(errors)} with error
        </button>
      ) : null}
      <button type="button" className="button" onClick={() => props.onCollapse(!isCollapsed)}>
        {isCollapsed ? 'Expand all' : 'Collapse all'}
      </button>
      <span className={styles.count} role="status">
        {shown === total
          ? `${formatExact(total)} spans`
          : `${formatExact(shown)} of ${formatExact(total)} spans`}
      </span>
    </div>
  )
}
