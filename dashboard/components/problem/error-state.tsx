import type { ReactElement, ReactNode } from 'react'
import { Icon } from '#components/frame/icon.tsx'
import styles from './error-state.module.css'
import { RetryButton } from './retry-button.tsx'

interface ErrorStateProps {
  readonly title: string
  readonly children: ReactNode
  /** The error as it was reported. */
  readonly detail?: string
  /** Whether the page asks again by itself. */
  readonly passes?: boolean | undefined
}

export function ErrorState({ title, children, detail, passes = false }: ErrorStateProps): ReactElement {
  return (
    <div className={styles.error} role="alert">
      <h1>
        <Icon name="warning" size={20} /> {title}
      </h1>
      <div className={styles.words}>{children}</div>
      {detail ? <pre className={styles.detail}>{detail}</pre> : null}
      <RetryButton isAutomatic={passes} />
    </div>
  )
}
