import type { ExperimentDetail } from '@weir/store'
import type { ReactElement } from 'react'
import { flowHref } from '../filters/links.ts'
import { toQuery } from '../filters/search-params.ts'
import { formatDuration } from '../format/duration.ts'
import { CopyButton } from './copy-button.tsx'
import styles from './run.module.css'
import { TextLink } from './text-link.tsx'
import { Time } from './time.tsx'

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
      <li>
        <TextLink
          className="link"
          href={`/runs${toQuery({ experiment: experimentId, from: new Date(started).toISOString(), to: runsUntil(experiment) })}`}
        >
          its runs
        </TextLink>
      </li>
      {version ? <li>version {version}</li> : null}
      {environment ? <li>{environment}</li> : null}
      {revision ? <li>revision {revision.slice(0, 12)}</li> : null}
      {dataset ? <li>dataset {dataset}</li> : null}
      <li>
        started <Time unixMs={started} nowMs={nowMs} />
      </li>
      {finished > 0 ? <li>took {formatDuration((finished - started) * 1e6)}</li> : null}
    </ul>
  )
}

const DAY_MS = 86_400_000

/** Runs start before their experiment ends; one that still runs may do so for another day. */
function runsUntil({ started, finished }: ExperimentDetail): string {
  return new Date(finished > 0 ? finished + 1000 : started + DAY_MS).toISOString()
}
