import type { ExperimentDetail } from '@weir/store'
import type { ReactElement } from 'react'
import { flowHref } from '../filters/links.ts'
import { formatDuration } from '../format/duration.ts'
import { CopyButton } from './copy-button.tsx'
import { RelativeTime } from './relative-time.tsx'
import styles from './run.module.css'
import { TextLink } from './text-link.tsx'

interface ExperimentNoteProps {
  readonly experiment: ExperimentDetail
  readonly nowMs: number
}

export function ExperimentNote({ experiment, nowMs }: ExperimentNoteProps): ReactElement {
  const { experimentId, flow, version, environment, revision, dataset, started, finished } = experiment
  return (
    <ul className={styles.note} aria-label="About this experiment">
      <li>
        <code>{experimentId}</code>
        <CopyButton text={experimentId} label="Copy experiment id" />
      </li>
      <li>
        flow{' '}
        <TextLink className="link" href={flowHref(flow)}>
          {flow}
        </TextLink>
      </li>
      {version ? <li>version {version}</li> : null}
      {environment ? <li>{environment}</li> : null}
      {revision ? <li>revision {revision.slice(0, 12)}</li> : null}
      {dataset ? <li>dataset {dataset}</li> : null}
      <li>
        started <RelativeTime unixMs={started} nowMs={nowMs} />
      </li>
      {finished > 0 ? <li>took {formatDuration((finished - started) * 1e6)}</li> : null}
    </ul>
  )
}
