'use client'

import { useRouter } from 'next/navigation'
import { type ReactElement, useEffect, useState, useTransition } from 'react'
import { toQuery } from '../filters/search-params.ts'
import styles from './live-refresh.module.css'

const PERIOD_MS = 2000

interface LiveRefreshProps {
  /** What `/api/live` said when the page was rendered. */
  readonly token: string
  /** Look at this flow only. */
  readonly flow?: string
  /** Render again at every look: what is shown changes without a run that settles. */
  readonly always?: boolean
}

/** Renders the page again when something new has settled; asks only while the page is looked at. */
export function LiveRefresh({ token, flow = '', always = false }: LiveRefreshProps): ReactElement {
  const router = useRouter()
  const [live, setLive] = useState(true)
  const [refreshing, startTransition] = useTransition()
  useEffect(() => {
    let known = token
    let asking = false
    const ask = async () => {
      if (document.hidden || asking) return
      asking = true
      try {
        const response = await fetch(`/api/live${toQuery({ flow })}`, { cache: 'no-store' })
        setLive(response.ok)
        if (!response.ok) return
        const { token: current } = (await response.json()) as { token: string }
        if (current === known && !always) return
        known = current
        startTransition(() => router.refresh())
      } catch {
        setLive(false)
      } finally {
        asking = false
      }
    }
    const timer = setInterval(() => void ask(), PERIOD_MS)
    const look = () => void ask()
    document.addEventListener('visibilitychange', look)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [router, token, flow, always])
  return (
    <span
      className={styles.live}
      data-live={live || undefined}
      data-refreshing={refreshing || undefined}
      role="status"
    >
      {live ? 'Live' : 'Reconnecting'}
    </span>
  )
}
