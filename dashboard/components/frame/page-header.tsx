import type { ReactElement, ReactNode } from 'react'
import styles from './page-header.module.css'
import { TextLink } from './text-link.tsx'

interface PageHeaderProps {
  readonly title: string
  /** The pages above this one. */
  readonly trail?: readonly { readonly label: string; readonly href: string }[]
  readonly badge?: ReactNode
  readonly note?: ReactNode
  readonly actions?: ReactNode
}

export function PageHeader({ title, trail = [], badge, note, actions }: PageHeaderProps): ReactElement {
  return (
    <div className={styles.header}>
      <div className={styles.words}>
        {trail.length > 0 ? (
          <nav aria-label="Breadcrumb">
            <ol className={styles.trail}>
              {trail.map(({ label, href }) => (
                <li key={href}>
                  <TextLink href={href}>{label}</TextLink>
                </li>
              ))}
            </ol>
          </nav>
        ) : null}
        <div className={styles.title}>
          <h1>{title}</h1>
          {badge}
        </div>
        {note ? <div className={styles.note}>{note}</div> : null}
      </div>
      {actions ? <div className={styles.actions}>{actions}</div> : null}
    </div>
  )
}
