import type { ExperimentDetail } from '@weir/store/evaluations'
import type { ReactElement } from 'react'
import { Panel } from '#components/frame/panel.tsx'
import styles from '#components/run/run.module.css'
import { StatusBadge } from '#components/run/status-badge.tsx'
import { Table } from '#components/table/table.tsx'

/** What decided the exit code. */
export function GatesPanel({ experiment }: { readonly experiment: ExperimentDetail }): ReactElement | null {
  const { gates, error, status } = experiment
  if (error !== '') {
    return (
      <section className={styles.failure} aria-label="Why it could not be evaluated">
        <h2>It could not be evaluated</h2>
        <p>{error}</p>
      </section>
    )
  }
  if (gates.length === 0) return null
  const note =
    status === 'failed'
      ? 'A gate stopped it: weir eval exited with 1'
      : status === 'passed'
        ? 'Every gate passed: weir eval exited with 0'
        : undefined
  return (
    <Panel title="Gates" note={note} flush>
      <Table
        caption="Gates"
        columns={[{ label: 'Outcome' }, { label: 'Gate' }, { label: 'Reason', wide: true }]}
      >
        {gates.map((gate) => (
          <tr key={gate.name}>
            <td>
              <StatusBadge status={gate.outcome} />
            </td>
            <th scope="row">{gate.name}</th>
            <td data-prose>{gate.reason}</td>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}
