import type { ReactElement } from 'react'
import { Icon, type IconName } from '#components/frame/icon.tsx'
import styles from './status-badge.module.css'

type Tone = 'ok' | 'error' | 'warning' | 'info' | 'neutral'

/** Statuses of runs and steps, outcomes of checks and gates, statuses of experiments, verdicts of comparisons. */
const LOOKS: Record<string, readonly [tone: Tone, icon: IconName]> = {
  ok: ['ok', 'check'],
  passed: ['ok', 'check'],
  error: ['error', 'cross'],
  failed: ['error', 'cross'],
  running: ['info', 'clock'],
  suspended: ['warning', 'pause'],
  cancelled: ['neutral', 'stop'],
  expired: ['warning', 'clock'],
  unknown: ['warning', 'question'],
  replayed: ['neutral', 'replay'],
  skipped: ['neutral', 'minus'],
  unverifiable: ['warning', 'question'],
  scored: ['neutral', 'minus'],
  slower: ['error', 'up'],
  faster: ['ok', 'down'],
  worse: ['error', 'down'],
  better: ['ok', 'up'],
  regression: ['error', 'warning'],
  improvement: ['ok', 'check'],
  'no clear change': ['neutral', 'minus'],
  'needs more runs': ['neutral', 'question'],
}

function lookOf(status: string): readonly [tone: Tone, icon: IconName] {
  // "needs n >= 200" and its like
  return LOOKS[status] ?? ['neutral', status.startsWith('needs') ? 'question' : 'minus']
}

/** A status as icon and word: colour only repeats what both say. */
export function StatusBadge({
  status,
  quiet = false,
}: {
  readonly status: string
  readonly quiet?: boolean
}): ReactElement {
  const [tone, icon] = lookOf(status)
  return (
    <span className={styles.badge} data-tone={tone} data-quiet={quiet || undefined}>
      <Icon name={icon} size={12} />
      {status}
    </span>
  )
}

/** A status where there is room for the icon only; the word is there for screen readers and on hover. */
export function StatusIcon({ status }: { readonly status: string }): ReactElement {
  const [tone, icon] = lookOf(status)
  return (
    <span className={styles.icon} data-tone={tone} title={status}>
      <Icon name={icon} size={13} />
      <span className="hidden-text">{status}</span>
    </span>
  )
}
