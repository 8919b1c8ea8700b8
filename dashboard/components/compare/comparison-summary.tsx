import type { Comparison } from '@weir/store/compare'
import type { ReactElement } from 'react'
import { Icon } from '#components/frame/icon.tsx'
import { StatusBadge } from '#components/run/status-badge.tsx'
import { formatExact, formatPercent } from '#format/number.ts'
import styles from './comparison-summary.module.css'

/** The verdict in a sentence, and what to know before trusting it. */
export function ComparisonSummary({ comparison }: { readonly comparison: Comparison }): ReactElement {
  const { verdict, sentence, notes, added, removed, base, candidate, pairing } = comparison
  return (
    <section className={styles.summary} aria-label="Verdict" data-verdict={verdict}>
      <StatusBadge status={verdict} />
      <p className={styles.sentence}>{sentence}</p>
      <ul className={styles.notes}>
        {[base, candidate].map((side) => (
          <li key={side.side}>
            {side.label}: {formatExact(side.runs)} of {formatExact(side.total)} runs ended as ok, error or
            expired
            <span className="muted"> ({side.scope})</span>
          </li>
        ))}
        {pairing === null ? null : (
          <li>
            Paired by case: <strong>{formatExact(pairing.cases)}</strong> that both have, each compared with
            itself
          </li>
        )}
        {added.map(({ step, n, runs }) => (
          <li key={step}>
            Only in {candidate.label}: step <strong>{step}</strong> ({formatPercent(runs > 0 ? n / runs : 0)}{' '}
            of its runs)
          </li>
        ))}
        {removed.map(({ step, n, runs }) => (
          <li key={step}>
            Only in {base.label}: step <strong>{step}</strong> ({formatPercent(runs > 0 ? n / runs : 0)} of
            its runs)
          </li>
        ))}
        {notes.map((note) => (
          <li key={note.text} className={styles.warning}>
            <Icon name="warning" size={13} /> {note.text}
          </li>
        ))}
      </ul>
    </section>
  )
}
