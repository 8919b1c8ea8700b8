import type { ExperimentDetail } from '@weir/store/evaluations'
import type { ReactElement } from 'react'
import { CopyButton } from '#components/frame/copy-button.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import { Time } from '#components/frame/time.tsx'
import styles from '#components/run/run.module.css'
import { flowHref } from '#filters/links.ts'
import { runsHref } from '#filters/runs-href.ts'
import { formatDuration } from '#format/duration.ts'
import { nameText } from '#format/name.ts'

interface ExperimentNoteProps {
  readonly experiment: ExperimentDetail
  readonly nowMs: number
}

export function ExperimentNote({ experiment, nowMs }: ExperimentNoteProps): ReactElement {
  const { experimentId, flow, version, environment, revision, dataset, startedMs, finishedMs } = experiment
  return (
    <ul className={styles.note} aria-label="About this experiment">
      <li>
        <code>{experimentId}</code>
        <CopyButton text={experimentId} label="Copy experiment id" />
      </li>
      <li>
        flow{' '}
        <TextLink className="link" href={flowHref(flow)}>
          {nameText(flow)}
        </TextLink>
      </li>
      <li>
        <TextLink className="link" href={runsHref('experiment', experimentId, runsWithin(experiment))}>
          its runs
        </TextLink>
      </li>
      {version ? <li>version {version}</li> : null}
      {environment ? <li>{environment}</li> : null}
      {revision ? <li>revision {revision.slice(0, 12)}</li> : null}
      {dataset ? <li>dataset {dataset}</li> : null}
      <li>
        started <Time unixMs={startedMs} nowMs={nowMs} />
      </li>
      {finishedMs > 0 ? <li>took {formatDuration((finishedMs - startedMs) * 1e6)}</li> : null}
    </ul>
  )
}

const DAY_MS = 86_400_000

/** Runs start while their experiment lasts, by clocks that may be apart; one that still runs may do so for another day. */
function runsWithin({ startedMs, finishedMs }: ExperimentDetail): {
  readonly from: string
  readonly to: string
} {
  const text = (ms: number) => new Date(Math.max(0, ms)).toISOString()
  return { from: text(startedMs - DAY_MS), to: text((finishedMs > 0 ? finishedMs : startedMs) + DAY_MS) }
}
