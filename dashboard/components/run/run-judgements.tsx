import type { Result, StoredScore } from '@weir/store/evaluations'
import type { ReactElement } from 'react'
import { Panel } from '#components/frame/panel.tsx'
import { Table } from '#components/table/table.tsx'
import { StatusBadge } from './status-badge.tsx'

interface RunJudgementsProps {
  readonly scores: readonly StoredScore[]
  /** Of the experiment that the run belongs to. */
  readonly results: readonly Result[]
}

interface Judgement {
  readonly key: string
  readonly kind: string
  readonly name: string
  readonly by: string
  readonly outcome: string
  readonly score: number
  readonly reason: string
}

/** Checks and scores of a run: those of its experiment, of monitors and of people; what did not pass comes first. */
export function RunJudgements({ scores, results }: RunJudgementsProps): ReactElement {
  const judgements: Judgement[] = [
    ...results.map(({ kind, name, outcome, score, reason }) => ({
      kind,
      name,
      by: 'experiment',
      outcome,
      score,
      reason,
    })),
    ...scores.map(({ kind, name, source, author, outcome, score, reason }) => ({
      kind,
      name,
      by: `${source} ${author}`,
      outcome,
      score,
      reason,
    })),
  ].map((judgement) => ({ ...judgement, key: `${judgement.by}\n${judgement.kind}\n${judgement.name}` }))
  const order = (outcome: string) => (outcome === 'passed' ? 1 : 0)
  return (
    <Panel title="Checks and scores" flush>
      <Table
        caption="Checks and scores"
        columns={[
          { label: 'Outcome' },
          { label: 'Name' },
          { label: 'Kind' },
          { label: 'By' },
          { label: 'Score', numeric: true },
          { label: 'Reason', wide: true },
        ]}
      >
        {judgements
          .toSorted((a, b) => order(a.outcome) - order(b.outcome))
          .map(({ key, kind, name, by, outcome, score, reason }) => (
            <tr key={key}>
              <td>
                {kind === 'scorer' && outcome === 'passed' ? (
                  <StatusBadge status="scored" quiet />
                ) : (
                  <StatusBadge status={outcome} />
                )}
              </td>
              <th scope="row">{name}</th>
              <td data-faint>{kind}</td>
              <td data-faint>{by}</td>
              <td data-numeric>{kind === 'scorer' ? score.toFixed(2) : ''}</td>
              <td data-prose>{reason}</td>
            </tr>
          ))}
      </Table>
    </Panel>
  )
}
