'use client'

import { type ReactElement, startTransition } from 'react'
import styles from '#components/problem/error-state.module.css'

/** What a page shows when it broke for a reason of its own; a store that is away has its own text. */
export default function PageError({
  error,
  retry,
}: {
  readonly error: unknown
  readonly retry: () => void
}): ReactElement {
  const digest = error instanceof Error && 'digest' in error ? String(error.digest) : ''
  return (
    <div className={styles.error} role="alert">
      <h1>This page broke</h1>
      <div className={styles.words}>
        <p>
          The reason is in the dashboard’s log (<code>.weir/log/dashboard.log</code> under{' '}
          <code>weir up</code>)
          {digest ? (
            <>
              {' '}
              as <code>{digest}</code>
            </>
          ) : null}
          .
        </p>
      </div>
      <button type="button" className="button" data-primary onClick={() => startTransition(retry)}>
        Try again
      </button>
    </div>
  )
}
