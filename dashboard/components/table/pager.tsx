import type { ReactElement } from 'react'
import { Icon } from '#components/frame/icon.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import styles from './pager.module.css'

interface PagerProps {
  /** Undefined on the first page. */
  readonly first: string | undefined
  /** Undefined on the last page. */
  readonly next: string | undefined
}

/** Pages by key: on to the next one, back to the first; the browser's own back button does the rest. */
export function Pager({ first, next }: PagerProps): ReactElement | null {
  if (!first && !next) return null
  return (
    <nav className={styles.pager} aria-label="Pages">
      {first ? (
        <TextLink className="button" href={first}>
          First page
        </TextLink>
      ) : null}
      {next ? (
        <TextLink className="button" href={next}>
          Next page
          <Icon name="right" size={12} />
        </TextLink>
      ) : null}
    </nav>
  )
}
