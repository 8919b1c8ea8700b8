import type { SessionPage } from '@weir/store/pages'
import { cutText } from '@weir/store/text'
import type { ReactElement } from 'react'
import { TextLink } from '#components/frame/text-link.tsx'
import { Time } from '#components/frame/time.tsx'
import { runHref } from '#filters/links.ts'
import { formatDuration } from '#format/duration.ts'
import { nameText } from '#format/name.ts'
import styles from './session-run.module.css'
import { StatusBadge } from './status-badge.tsx'
import { messageText } from './viewer/message-text.ts'

/** As much of a payload as tells one turn from another. */
const GLANCE = 1200

interface SessionRunProps {
  readonly run: SessionPage['runs'][number]
  readonly nowMs: number
}

/** One turn of a session: what went in, what came out. */
export function SessionRun({ run, nowMs }: SessionRunProps): ReactElement {
  return (
    <article className={styles.turn} aria-label={`Run ${run.runId}`}>
      <header>
        <h2>
          <TextLink href={runHref(run.runId)}>{nameText(run.flow)}</TextLink>
        </h2>
        <StatusBadge status={run.status} />
        <span className="muted">
          <Time unixMs={run.startMs} nowMs={nowMs} /> ·{' '}
          {run.status === 'running' ? 'running' : formatDuration(run.durationNs)}
        </span>
      </header>
      <div className={styles.payloads}>
        <Payload
          title={run.inputStep ? `Input of step ${run.inputStep}` : 'Input'}
          text={messageText(run.input)}
        />
        {run.status === 'error' ? (
          <Payload title={run.errorType || 'Error'} text={run.errorMessage} />
        ) : (
          <Payload title="Output" text={messageText(run.output)} />
        )}
      </div>
    </article>
  )
}

function Payload({ title, text }: { readonly title: string; readonly text: string }): ReactElement {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {text === '' ? (
        <p className="muted">Not recorded</p>
      ) : (
        <pre>{text.length > GLANCE ? `${cutText(text, GLANCE)}…` : text}</pre>
      )}
    </section>
  )
}
