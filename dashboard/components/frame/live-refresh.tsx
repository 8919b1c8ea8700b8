'use client'

import { useRouter } from 'next/navigation'
import { type ReactElement, useEffect, useRef, useState, useTransition } from 'react'
import { formatLocal } from '#format/time.ts'
import { lookAtStore } from './live-look.ts'
import styles from './live-refresh.module.css'
import { Time } from './time.tsx'

/** From an answer to the next look. With the patience of `/api/live`, a ClickHouse that is silent is named within 3 s. */
const PERIOD_MS = 1_500
/** Without an answer for so long, the page may be behind. */
const OVERDUE_MS = 3_000

interface Problem {
  readonly title: string
  readonly detail: string
}
const OVERDUE: Problem = { title: 'No answer', detail: '' }

interface LiveRefreshProps {
  /** What `/api/live` said when the page was rendered. */
  readonly token: string
  /** Look at this flow only. */
  readonly flow?: string
  /** Render again at every look: what is shown changes without a run that settles. */
  readonly always?: boolean
}

/**
 * Renders the page again when something new has settled, and says when it was last up to date. It asks only while the page
 * is looked at, and is green only while it is answered.
 */
export function LiveRefresh({ token, flow = '', always = false }: LiveRefreshProps): ReactElement {
  const router = useRouter()
  const [refreshing, startTransition] = useTransition()
  const [updatedMs, setUpdatedMs] = useState<number>()
  const [problem, setProblem] = useState<Problem>()
  const isRefreshing = useRef(false)

  useEffect(() => {
    isRefreshing.current = refreshing
    // The page has just been rendered, for the first time or again.
    if (!refreshing) setUpdatedMs(Date.now())
  }, [refreshing])

  useEffect(() => {
    let heard = performance.now()
    let timer: ReturnType<typeof setTimeout> | undefined
    let asking = false
    let ended = false
    const ask = async () => {
      if (document.hidden || asking) return
      asking = true
      const askedMs = Date.now()
      const look = await lookAtStore(flow)
      asking = false
      if (ended) return
      if (look.problem !== undefined) return setProblem({ title: look.problem, detail: look.detail })
      heard = performance.now()
      setProblem(undefined)
      if (isRefreshing.current) return
      if (look.token === token && !always) setUpdatedMs(askedMs)
      else startTransition(() => router.refresh())
    }
    const loop = async () => {
      await ask()
      if (!ended) timer = setTimeout(loop, PERIOD_MS)
    }
    timer = setTimeout(loop, PERIOD_MS)
    const watch = setInterval(() => {
      if (!document.hidden && performance.now() - heard > OVERDUE_MS) setProblem((known) => known ?? OVERDUE)
    }, 250)
    const look = () => {
      // Nothing was asked while the page was hidden.
      heard = performance.now()
      void ask()
    }
    document.addEventListener('visibilitychange', look)
    return () => {
      ended = true
      clearTimeout(timer)
      clearInterval(watch)
      document.removeEventListener('visibilitychange', look)
    }
  }, [router, token, flow, always])

  const clock = updatedMs === undefined ? '' : formatLocal(updatedMs).slice(11)
  const isLive = problem === undefined && !refreshing
  return (
    <span className={styles.live} data-live={isLive || undefined} title={problem?.detail}>
      <span role="status">{problem?.title ?? (refreshing ? 'Updating' : 'Live')}</span>
      {updatedMs === undefined ? null : problem === undefined ? (
        <span className={styles.updated}>updated {clock}</span>
      ) : (
        <span className={styles.updated}>
          since {clock}, updated <Time unixMs={updatedMs} nowMs={Date.now()} />
        </span>
      )}
    </span>
  )
}
