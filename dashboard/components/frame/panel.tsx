import type { ReactElement, ReactNode } from 'react'
import styles from './panel.module.css'

interface PanelProps {
  readonly title: string
  /** One line under the title that says what is shown. */
  readonly note?: ReactNode
  readonly actions?: ReactNode
  /** Contents reach the border: tables. */
  readonly flush?: boolean
  readonly children: ReactNode
}

/** A titled section of a page. */
export function Panel({ title, note, actions, flush = false, children }: PanelProps): ReactElement {
  return (
    <section className={styles.panel} aria-label={title}>
      <div className={styles.head}>
        <div>
          <h2>{title}</h2>
          {note ? <p className={styles.note}>{note}</p> : null}
        </div>
        {actions ? <div className={styles.actions}>{actions}</div> : null}
      </div>
      {children === null ? null : <div className={flush ? styles.flush : styles.body}>{children}</div>}
    </section>
  )
}
