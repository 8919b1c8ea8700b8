import type { ReactElement, ReactNode } from 'react'
import { CopyButton } from '#components/frame/copy-button.tsx'
import styles from './empty-state.module.css'

interface EmptyStateProps {
  readonly title: string
  readonly children?: ReactNode
  /** Shell commands that would fill the page. */
  readonly commands?: readonly string[]
}

/** What to do when there is nothing to show. */
export function EmptyState({ title, children, commands = [] }: EmptyStateProps): ReactElement {
  return (
    <div className={styles.empty}>
      <p className={styles.title}>{title}</p>
      {children ? <div className={styles.words}>{children}</div> : null}
      {commands.map((command) => (
        <div key={command} className={styles.command}>
          <code>{command}</code>
          <CopyButton text={command} label={`Copy ${command}`} />
        </div>
      ))}
    </div>
  )
}
