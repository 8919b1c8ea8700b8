import type { CaseCheckResult, CaseResult } from '@weir/store/evaluations'
import type { ReactElement, ReactNode } from 'react'
import { TextLink } from '#components/frame/text-link.tsx'
import { StatusBadge, StatusIcon } from '#components/run/status-badge.tsx'
import { type Column, Table } from '#components/table/table.tsx'
import { caseHref, runHref } from '#filters/links.ts'
import { formatDuration } from '#format/duration.ts'
import { nameText } from '#format/name.ts'
import { formatTrial } from '#format/trial.ts'
import { isDifference, rankCase } from './case-rank.ts'
import styles from './cases-table.module.css'
import { Score } from './score.tsx'

interface CasesTableProps {
  readonly experimentId: string
  readonly rows: readonly CaseResult[]
  readonly hasBaseline: boolean
  /** Said where there are no rows. */
  readonly none: ReactNode
  /** Of each case; undefined where it is not known. */
  readonly trials: number | undefined
}

/** The trials of an experiment, each beside the same trial of the baseline. */
export function CasesTable({ experimentId, rows, hasBaseline, none, trials }: CasesTableProps): ReactElement {
  if (rows.length === 0) return <p className={styles.none}>{none}</p>
  const showTrial = trials !== 1
  const columns: Column[] = [
    { label: 'Case' },
    ...(showTrial ? [{ label: 'Trial', numeric: true }] : []),
    { label: 'Outcome' },
    ...(hasBaseline ? [{ label: 'Baseline' }] : []),
    { label: 'Checks and scores', wide: true },
    { label: 'Duration', numeric: true },
    ...(hasBaseline ? [{ label: 'Baseline', numeric: true }] : []),
    { label: 'Run' },
  ]
  return (
    <Table caption="Cases" columns={columns}>
      {rows
        .toSorted((a, b) => rankCase(a) - rankCase(b))
        .map((row) => (
          <tr
            key={`${row.caseId} ${row.trial}`}
            data-different={isDifference(row) || undefined}
            className={styles.row}
          >
            <th scope="row">
              <TextLink className="link" href={caseHref(experimentId, row.caseId)}>
                {nameText(row.caseId)}
              </TextLink>
            </th>
            {showTrial ? <td data-numeric>{formatTrial(row.trial, trials)}</td> : null}
            <td>
              <StatusBadge status={row.outcome} />
            </td>
            {hasBaseline ? (
              <td>
                {row.baselineOutcome ? (
                  <StatusBadge status={row.baselineOutcome} quiet />
                ) : (
                  <span className="muted">new case</span>
                )}
              </td>
            ) : null}
            <td data-prose>
              <Results results={row.results} />
            </td>
            <td data-numeric>{formatDuration(row.durationMs * 1e6)}</td>
            {hasBaseline ? (
              <td data-numeric data-faint>
                {row.baselineDurationMs === undefined ? '' : formatDuration(row.baselineDurationMs * 1e6)}
              </td>
            ) : null}
            <td>
              {row.runId ? (
                <TextLink className="link" href={runHref(row.runId)} aria-label={`Run of case ${row.caseId}`}>
                  Run
                </TextLink>
              ) : null}
              {row.baselineRunId ? (
                <>
                  {' · '}
                  <TextLink
                    className="link"
                    href={runHref(row.baselineRunId)}
                    aria-label={`Baseline run of case ${row.caseId}`}
                  >
                    Baseline
                  </TextLink>
                </>
              ) : null}
            </td>
          </tr>
        ))}
    </Table>
  )
}

/** What did not pass or changed is said in full; checks that passed as before are counted. */
function Results({ results }: { readonly results: readonly CaseCheckResult[] }): ReactElement {
  const quiet = results.filter(isQuiet)
  const checks = quiet.filter(({ kind }) => kind === 'check').map(({ name }) => name)
  return (
    <ul className={styles.results}>
      {results
        .filter((result) => !isQuiet(result))
        .map((result) => (
          <ResultLine key={`${result.kind} ${result.name}`} result={result} />
        ))}
      {checks.length > 0 ? (
        <li title={checks.join('\n')}>
          <StatusIcon status="passed" />
          {checks.length === 1 ? checks[0] : `${checks.length} checks passed`}
        </li>
      ) : null}
    </ul>
  )
}

function isQuiet({ kind, outcome, baselineOutcome }: CaseCheckResult): boolean {
  return kind !== 'scorer' && outcome === 'passed' && (baselineOutcome ?? 'passed') === 'passed'
}

function ResultLine({ result }: { readonly result: CaseCheckResult }): ReactElement {
  const { kind, name, outcome, score, reason, baselineOutcome, baselineScore } = result
  // A score is no outcome; that there is none is one.
  const isScore = kind === 'scorer' && outcome === 'passed'
  const changed = baselineOutcome !== undefined && baselineOutcome !== outcome
  return (
    <li>
      {isScore ? null : <StatusIcon status={outcome} />}
      <span>
        {kind === 'task' ? 'task' : name}{' '}
        {isScore ? (
          <Score score={score} baseline={baselineOutcome === 'passed' ? baselineScore : undefined} />
        ) : null}
        {changed ? <span className="muted"> (baseline {baselineOutcome})</span> : null}
        {reason !== '' && (outcome !== 'passed' || score < 0.5) ? (
          <span className={styles.reason}>{reason}</span>
        ) : null}
      </span>
    </li>
  )
}
