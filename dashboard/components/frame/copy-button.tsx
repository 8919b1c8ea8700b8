'use client'

import { type ReactElement, useState } from 'react'
import styles from './copy-button.module.css'
import { Icon } from './icon.tsx'

/** Puts `text` on the clipboard and says so. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }): ReactElement {
  const [outcome, setOutcome] = useState('')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setOutcome('Copied')
    } catch {
      // Browsers offer the clipboard to https and loopback pages only.
      setOutcome('Could not copy')
    }
    setTimeout(() => setOutcome(''), 1500)
  }
  return (
    <button
      type="button"
      className={styles.copy}
      onClick={() => void copy()}
      aria-label={label}
      title={label}
    >
      <Icon name={outcome === 'Copied' ? 'check' : 'copy'} size={14} />
      <span role="status" className={outcome.startsWith('Could') ? undefined : 'hidden-text'}>
        {outcome}
      </span>
    </button>
  )
}
