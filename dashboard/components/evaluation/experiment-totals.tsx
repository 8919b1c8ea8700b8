import type { ExperimentDetail, ScoreSummary } from '@weir/store/evaluations'
import type { ReactElement } from 'react'
import { Panel } from '#components/frame/panel.tsx'
import { StatTiles } from '#components/frame/stat-tiles.tsx'
import { Table } from '#components/table/table.tsx'
import { formatTypical } from '#format/duration.ts'
import { formatExact, formatPercent } from '#format/number.ts'
import { Score } from './score.tsx'

interface ExperimentTotalsProps {
  readonly experiment: ExperimentDetail
  /** Scores of the baseline; none without one. */
  readonly baselineScores: readonly ScoreSummary[]
}

/** What an experiment found, over all trials: tiles, then each check and scorer. */
export function ExperimentTotals({ experiment, baselineScores }: ExperimentTotalsProps): ReactElement {
  const {
    planned,
    evaluated,
    passed,
    failed,
    unverifiable,
    errors,
    passRate,
    meanDurationMs,
    checks,
    scores,
  } = experiment
  return (
    <>
      <StatTiles
        label="Totals"
        stats={[
          {
            label: 'Pass rate',
            value: evaluated > 0 ? formatPercent(passRate) : '–',
            detail:
              evaluated > 0
                ? `${formatExact(passed)} of ${formatExact(evaluated)} trials`
                : 'nothing judged yet',
          },
          { label: 'Planned', value: formatExact(planned), detail: 'cases × trials' },
          {
            label: 'Failed',
            value: formatExact(failed),
            detail: unverifiable > 0 ? `${formatExact(unverifiable)} more unverifiable` : 'trials',
            ...(failed > 0 ? { tone: 'error' as const } : {}),
          },
          {
            label: 'Crashed',
            value: formatExact(errors),
            detail: 'trials whose task or scorer did',
            ...(errors > 0 ? { tone: 'error' as const } : {}),
          },
          { label: 'Mean duration', value: formatTypical(meanDurationMs * 1e6) },
        ]}
      />
      {checks.length + scores.length === 0 ? null : (
        <Panel title="Checks and scorers" note="Each counts trials" flush>
          <Table
            caption="Checks and scorers"
            columns={[
              { label: 'Name', wide: true },
              { label: 'Kind' },
              { label: 'Passed', numeric: true },
              { label: 'Failed', numeric: true },
              { label: 'Unverifiable', numeric: true },
              { label: 'Mean score', numeric: true },
              { label: 'Lowest', numeric: true },
            ]}
          >
            {checks.map((check) => (
              <tr key={`check ${check.name}`}>
                <th scope="row" data-wide title={check.name}>
                  {check.name}
                </th>
                <td data-faint>check</td>
                <td data-numeric>{formatExact(check.passed)}</td>
                <td data-numeric data-bad={check.failed > 0 || undefined}>
                  {formatExact(check.failed)}
                </td>
                <td data-numeric data-bad={check.unverifiable > 0 || undefined}>
                  {formatExact(check.unverifiable)}
                </td>
                <td data-numeric />
                <td data-numeric />
              </tr>
            ))}
            {scores.map((score) => (
              <tr key={`scorer ${score.name}`}>
                <th scope="row" data-wide title={score.name}>
                  {score.name}
                </th>
                <td data-faint>scorer</td>
                <td data-numeric />
                <td data-numeric />
                <td data-numeric />
                <td data-numeric>
                  <Score
                    score={score.mean}
                    baseline={baselineScores.find(({ name }) => name === score.name)?.mean}
                  />
                </td>
                <td data-numeric>{score.min.toFixed(2)}</td>
              </tr>
            ))}
          </Table>
        </Panel>
      )}
    </>
  )
}
