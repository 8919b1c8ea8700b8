'use client'

import { useRouter } from 'next/navigation'
import { type ReactElement, useEffect, useTransition } from 'react'
import { Icon } from '#components/frame/icon.tsx'
import { lookAtStore } from '#components/frame/live-look.ts'
import styles from './error-state.module.css'

/** Between an answer and the next look. */
const PERIOD_MS = 1_500

/** Asks the server for the page again; by itself too, as soon as the store answers. */
export function RetryButton({ isAutomatic }: { readonly isAutomatic: boolean }): ReactElement {
  const router = useRouter()
  const [asking, startTransition] = useTransition()
  useEffect(() => {
    if (!isAutomatic || asking) return
    let timer: ReturnType<typeof setTimeout> | undefined
    let ended = false
    const look = async () => {
      const isBack = !document.hidden && (await lookAtStore()).problem === undefined
      if (ended) return
      if (isBack) startTransition(() => router.refresh())
      else timer = setTimeout(look, PERIOD_MS)
    }
    timer = setTimeout(look, PERIOD_MS)
    return () => {
      ended = true
      clearTimeout(timer)
    }
  }, [isAutomatic, asking, router])
  return (
    <div className={styles.retry}>
      <button
        type="button"
        className="button"
        data-primary
        disabled={asking}
        onClick={() => startTransition(() => router.refresh())}
      >
        <Icon name="replay" size={14} />
        {asking ? 'Trying…' : 'Try again'}
      </button>
      {isAutomatic ? <span className="muted">This page comes back by itself.</span> : null}
    </div>
  )
}
