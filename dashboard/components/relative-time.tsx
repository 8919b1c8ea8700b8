'use client'

import { type ReactElement, useEffect, useState } from 'react'
import { formatRelative, formatUtc } from '../format/time.ts'

const TICK_MS = 10_000
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function onTick(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    for (const each of listeners) each()
  }, TICK_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

interface RelativeTimeProps {
  readonly unixMs: number
  /** The server's clock when it rendered: the first client render must say the same. */
  readonly nowMs: number
}

/** "3 min ago", kept true by one timer for all of them; the instant itself on hover. */
export function RelativeTime({ unixMs, nowMs }: RelativeTimeProps): ReactElement {
  const [now, setNow] = useState(nowMs)
  useEffect(() => {
    setNow(Date.now())
    return onTick(() => setNow(Date.now()))
  }, [])
  return (
    <time dateTime={new Date(unixMs).toISOString()} title={formatUtc(unixMs)}>
      {formatRelative(unixMs, Math.max(now, nowMs))}
    </time>
  )
}
