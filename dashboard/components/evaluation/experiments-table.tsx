import type { ExperimentSummary } from '@weir/store/evaluations'
import type { ReactElement } from 'react'
import { TextLink } from '#components/frame/text-link.tsx'
import { Time } from '#components/frame/time.tsx'
import { StatusBadge } from '#components/run/status-badge.tsx'
import { Table } from '#components/table/table.tsx'
import { experimentHref } from '#filters/links.ts'
import { formatTypical } from '#format/duration.ts'
import { formatExact, formatPercent } from '#format/number.ts'

interface ExperimentsTableProps {
  /** Newest first. */
  readonly experiments: readonly ExperimentSummary[]
  /** Names of the baselines that an experiment is, by its id. */
  readonly baselines: ReadonlyMap<string, readonly string[]>
  readonly nowMs: number
}

export function ExperimentsTable({ experiments, baselines, nowMs }: ExperimentsTableProps): ReactElement {
  return (
    <Table
      caption="Experiments"
      columns={[
        { label: 'Experiment' },
        { label: 'Status' },
        { label: 'Pass rate', numeric: true },
        { label: 'Passed', numeric: true },
        { label: 'Failed', numeric: true },
        { label: 'Unverifiable', numeric: true },
        { label: 'Crashed', numeric: true },
        { label: 'Mean duration', numeric: true },
        { label: 'Scores', wide: true },
        { label: 'Version' },
        { label: 'Started', numeric: true },
      ]}
    >
      {experiments.map((experiment) => (
        <tr key={experiment.experimentId}>
          <th scope="row">
            <TextLink className="link" href={experimentHref(experiment.experimentId)}>
              {experiment.experimentId.slice(0, 12)}
            </TextLink>
            {experiment.variant ? <span className="muted"> {experiment.variant}</span> : null}
            {baselines.get(experiment.experimentId)?.map((name) => (
              <span key={name} className="muted">
                {' '}
                · baseline {name}
              </span>
            ))}
          </th>
          <td>
            <StatusBadge status={experiment.status} />
          </td>
          <td data-numeric>{experiment.evaluated > 0 ? formatPercent(experiment.passRate) : '–'}</td>
          <td data-numeric>{formatExact(experiment.passed)}</td>
          <td data-numeric data-bad={experiment.failed > 0 || undefined}>
            {formatExact(experiment.failed)}
          </td>
          <td data-numeric data-faint={experiment.unverifiable === 0 || undefined}>
            {formatExact(experiment.unverifiable)}
          </td>
          <td data-numeric data-bad={experiment.errors > 0 || undefined}>
            {formatExact(experiment.errors)}
          </td>
          <td data-numeric>{formatTypical(experiment.meanDurationMs * 1e6)}</td>
          <td data-wide data-faint>
            {experiment.scores.map(({ name, mean }) => `${name} ${mean.toFixed(2)}`).join(', ')}
          </td>
          <td>{experiment.version}</td>
          <td data-numeric data-faint>
            <Time unixMs={experiment.started} nowMs={nowMs} />
          </td>
        </tr>
      ))}
    </Table>
  )
}
