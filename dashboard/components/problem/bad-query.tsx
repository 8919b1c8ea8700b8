import type { QueryError } from '@weir/store/run-query'
import type { ReactElement } from 'react'
import { answerWith } from '#data/answer-status.ts'
import styles from './empty-state.module.css'
import { EmptyState } from './empty-state.tsx'

/** In place of a list of runs, below its filter bar: where the query of the address breaks, and what was expected there. */
export function BadQuery({ error }: { readonly error: QueryError }): ReactElement {
  answerWith(400)
  return (
    <EmptyState title="This query cannot be read">
      <pre role="alert" className={styles.query}>
        {error.message}
      </pre>
    </EmptyState>
  )
}
