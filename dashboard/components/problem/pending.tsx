'use client'

import { useLinkStatus } from 'next/link'
import type { ReactElement } from 'react'
import styles from './pending.module.css'

/** A bar across the top while the next page is waited for. */
export function Pending(): ReactElement {
  return <span className={styles.pending} role="progressbar" aria-label="Loading the page" />
}

/** The same, inside a link that was followed. */
export function LinkPending(): ReactElement | null {
  return useLinkStatus().pending ? <Pending /> : null
}
