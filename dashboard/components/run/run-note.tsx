import type { RunRow } from '@weir/store/pages'
import type { ReactElement } from 'react'
import { CopyButton } from '#components/frame/copy-button.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import { Time } from '#components/frame/time.tsx'
import { caseHref, experimentHref, runHref, sessionHref } from '#filters/links.ts'
import { runsHref } from '#filters/runs-href.ts'
import { nameText } from '#format/name.ts'
import { clockProblem, formatUtc } from '#format/time.ts'
import { formatTrial } from '#format/trial.ts'
import styles from './run.module.css'

interface RunNoteProps {
  readonly run: RunRow
  /** Of each case of the run's experiment, where it is part of one and that is known. */
  readonly trials: number | undefined
  readonly nowMs: number
}

/** What OpenTelemetry says where nobody named the service. */
const UNNAMED_SERVICE = 'unknown_service'

/** Where a run belongs: its id, when and where it ran, and the session, user, experiment and run it is part of. */
export function RunNote({ run, trials, nowMs }: RunNoteProps): ReactElement {
  return (
    <ul className={styles.note} aria-label="About this run">
      <li>
        <code>{run.runId}</code>
        <CopyButton text={run.runId} label="Copy run id" />
      </li>
      <li>
        <Time unixMs={run.startMs} nowMs={nowMs} />
      </li>
      <ClockNote run={run} />
      {run.version ? <li>version {run.version}</li> : null}
      {run.environment ? <li>{run.environment}</li> : null}
      {run.service && !run.service.startsWith(UNNAMED_SERVICE) ? <li>{run.service}</li> : null}
      {run.sessionId ? (
        <li>
          session{' '}
          <TextLink className="link" href={sessionHref(run.sessionId)}>
            {run.sessionId}
          </TextLink>
        </li>
      ) : null}
      {run.userId ? (
        <li>
          user{' '}
          <TextLink className="link" href={runsHref('user', run.userId)}>
            {run.userId}
          </TextLink>
        </li>
      ) : null}
      {run.experimentId ? (
        <>
          <li>
            experiment{' '}
            <TextLink className="link" href={experimentHref(run.experimentId)}>
              {run.experimentId.slice(0, 12)}
            </TextLink>
          </li>
          <li>
            case{' '}
            <TextLink className="link" href={caseHref(run.experimentId, run.caseId)}>
              {nameText(run.caseId)}
            </TextLink>
          </li>
          <li>trial {formatTrial(run.trial, trials)}</li>
        </>
      ) : null}
      {run.parentRunId ? (
        <li>
          started by{' '}
          <TextLink className="link" href={runHref(run.parentRunId)}>
            run {run.parentRunId.slice(0, 8)}
          </TextLink>
        </li>
      ) : null}
    </ul>
  )
}

/** A start that cannot be true: lists show the run in its place all the same. */
function ClockNote({ run }: Pick<RunNoteProps, 'run'>): ReactElement | null {
  const problem = clockProblem(run)
  if (problem === '') return null
  return (
    <li>
      <strong>{problem}</strong> this run started at {formatUtc(run.startMs)} by the clock of its machine
    </li>
  )
}
