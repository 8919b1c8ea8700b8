import type { CaseCheckResult, CaseResult } from '@weir/store/evaluations'
import type { RunRecord } from '@weir/store/run-model'
import type { ReactElement } from 'react'
import { Panel } from '#components/frame/panel.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import { StatusBadge } from '#components/run/status-badge.tsx'
import { CostCell } from '#components/table/cost-cell.tsx'
import { Table } from '#components/table/table.tsx'
import { runHref } from '#filters/links.ts'
import { formatDuration } from '#format/duration.ts'
import { formatExact } from '#format/number.ts'
import { formatTrial } from '#format/trial.ts'
import { Score } from '../score.tsx'
import { isSameValue, type ShownValue, shownPayload } from './shown-value.ts'
import styles from './trial-panel.module.css'
import { type NamedValue, ValueDiff, ValueText } from './value-diff.tsx'

interface TrialPanelProps {
  readonly trial: CaseResult
  /** Of the case. */
  readonly trials: number | undefined
  readonly hasBaseline: boolean
  /** By run id: those that are stored. */
  readonly runs: ReadonlyMap<string, RunRecord>
  readonly input: ShownValue
  readonly reference: ShownValue
}

/** One trial of a case: its run beside the baseline's, what was judged, and what it gave beside what was expected. */
export function TrialPanel({
  trial,
  trials,
  hasBaseline,
  runs,
  input,
  reference,
}: TrialPanelProps): ReactElement {
  const run = runs.get(trial.runId)
  const isCompared = trial.baselineOutcome !== undefined
  const baselineRun = runs.get(trial.baselineRunId ?? '')
  return (
    <Panel
      title={`Trial ${formatTrial(trial.trial, trials)}`}
      actions={<StatusBadge status={trial.outcome} />}
      flush
    >
      <RunsTable trial={trial} hasBaseline={hasBaseline} run={run} baselineRun={baselineRun} />
      <ResultsTable results={trial.results} isCompared={isCompared} />
      <div className={styles.values}>
        <InputChanges
          of={shownPayload(run, 'input')}
          from={[
            { label: 'Input of the case', value: input },
            ...(isCompared ? [{ label: 'Baseline input', value: shownPayload(baselineRun, 'input') }] : []),
          ]}
        />
        <Output
          of={shownPayload(run, 'output')}
          beside={[
            ...(reference.text === undefined ? [] : [{ label: 'Expected output', value: reference }]),
            ...(isCompared ? [{ label: 'Baseline output', value: shownPayload(baselineRun, 'output') }] : []),
          ]}
        />
      </div>
    </Panel>
  )
}

/** Says nothing of an input that is what it should be: the case shows it. */
function InputChanges({
  of,
  from,
}: {
  readonly of: ShownValue
  readonly from: readonly NamedValue[]
}): ReactElement[] {
  return from
    .filter(({ value }) => value.text !== undefined && of.text !== undefined && !isSameValue(value, of))
    .map((before) => (
      <ValueDiff key={before.label} before={before} after={{ label: 'Input of the run', value: of }} />
    ))
}

interface OutputProps {
  readonly of: ShownValue
  readonly beside: readonly NamedValue[]
}

/** Beside each of the values that it differs from; by itself if it differs from none. */
function Output({ of, beside }: OutputProps): ReactElement {
  const after = { label: 'Output', value: of }
  const isSame = ({ value }: NamedValue) => isSameValue(value, of)
  const different = mergeEqual(beside.filter((other) => !isSame(other)))
  const same = beside.filter(isSame).map(({ label }) => `the ${label.toLowerCase()}`)
  return (
    <>
      {different.map((before) => (
        <ValueDiff key={before.label} before={before} after={after} />
      ))}
      {different.length === 0 ? <ValueText {...after} /> : null}
      {same.length === 0 ? null : <p className="muted">The output is the same as {same.join(' and ')}.</p>}
    </>
  )
}

/** Values that are the same as one, with the names of all. */
function mergeEqual(values: readonly NamedValue[]): NamedValue[] {
  const groups = Map.groupBy(values, ({ label, value }) => value.whole ?? { label })
  return [...groups.values()].map((equal) => ({
    label: equal.map(({ label }, at) => (at === 0 ? label : label.toLowerCase())).join(' and '),
    value: equal[0]!.value,
  }))
}

interface RunsTableProps {
  readonly trial: CaseResult
  readonly hasBaseline: boolean
  readonly run: RunRecord | undefined
  readonly baselineRun: RunRecord | undefined
}

function RunsTable({ trial, hasBaseline, run, baselineRun }: RunsTableProps): ReactElement {
  return (
    <Table
      caption="Runs"
      columns={[
        { label: 'Experiment', wide: true },
        { label: 'Outcome' },
        { label: 'Duration', numeric: true },
        { label: 'Input tokens', numeric: true },
        { label: 'Output tokens', numeric: true },
        { label: 'Cost', numeric: true },
        { label: 'Run' },
      ]}
    >
      <RunRow
        label="This experiment"
        outcome={trial.outcome}
        durationMs={trial.durationMs}
        runId={trial.runId}
        run={run}
      />
      {hasBaseline ? (
        <RunRow
          label="Baseline"
          outcome={trial.baselineOutcome}
          durationMs={trial.baselineDurationMs}
          runId={trial.baselineRunId ?? ''}
          run={baselineRun}
        />
      ) : null}
    </Table>
  )
}

interface RunRowProps {
  readonly label: string
  /** Undefined: it has no such trial. */
  readonly outcome: string | undefined
  readonly durationMs: number | undefined
  readonly runId: string
  readonly run: RunRecord | undefined
}

function RunRow({ label, outcome, durationMs, runId, run }: RunRowProps): ReactElement {
  return (
    <tr>
      <th scope="row">{label}</th>
      <td>
        {outcome === undefined ? (
          <span className="muted">no such trial</span>
        ) : (
          <StatusBadge status={outcome} quiet />
        )}
      </td>
      <td data-numeric>{durationMs === undefined ? '' : formatDuration(durationMs * 1e6)}</td>
      {run === undefined ? (
        <>
          <td />
          <td />
          <td />
          <td data-faint>{outcome === undefined ? '' : 'not stored'}</td>
        </>
      ) : (
        <>
          <td data-numeric>{formatExact(run.inputTokens)}</td>
          <td data-numeric>{formatExact(run.outputTokens)}</td>
          <CostCell of={run} />
          <td>
            <TextLink className="link" href={runHref(runId)} aria-label={`Run: ${label.toLowerCase()}`}>
              Run
            </TextLink>
          </td>
        </>
      )}
    </tr>
  )
}

interface ResultsTableProps {
  readonly results: readonly CaseCheckResult[]
  readonly isCompared: boolean
}

/** What did not pass comes first. */
function ResultsTable({ results, isCompared }: ResultsTableProps): ReactElement {
  const order = ({ outcome }: CaseCheckResult) => (outcome === 'passed' ? 1 : 0)
  return (
    <Table
      caption="Checks and scores"
      columns={[
        { label: 'Outcome' },
        ...(isCompared ? [{ label: 'Baseline' }] : []),
        { label: 'Name and reason', wide: true },
        { label: 'Kind' },
        { label: 'Score' },
      ]}
    >
      {results
        .toSorted((a, b) => order(a) - order(b))
        .map((result) => (
          <ResultRow key={`${result.kind} ${result.name}`} result={result} isCompared={isCompared} />
        ))}
    </Table>
  )
}

function ResultRow({
  result,
  isCompared,
}: {
  readonly result: CaseCheckResult
  readonly isCompared: boolean
}): ReactElement {
  const { kind, name, outcome, score, reason, baselineOutcome, baselineScore } = result
  const isScore = kind === 'scorer' && outcome === 'passed'
  const badge = (status: string, quiet: boolean) =>
    kind === 'scorer' && status === 'passed' ? (
      <StatusBadge status="scored" quiet />
    ) : (
      <StatusBadge status={status} quiet={quiet} />
    )
  return (
    <tr>
      <td>{badge(outcome, false)}</td>
      {isCompared ? (
        <td>
          {baselineOutcome === undefined ? <span className="muted">new</span> : badge(baselineOutcome, true)}
        </td>
      ) : null}
      <th scope="row" data-prose>
        {kind === 'task' ? 'task' : name}
        {reason === '' ? null : <span className={styles.reason}>{reason}</span>}
      </th>
      <td data-faint>{kind}</td>
      <td>
        {isScore ? (
          <Score score={score} baseline={baselineOutcome === 'passed' ? baselineScore : undefined} />
        ) : null}
      </td>
    </tr>
  )
}
