import type { RunPage } from '@weir/store/pages'
import type { ReactElement } from 'react'
import { CostCell } from '#components/table/cost-cell.tsx'
import { Table } from '#components/table/table.tsx'
import { formatDuration } from '#format/duration.ts'
import { nameText } from '#format/name.ts'
import { formatCount, formatExact } from '#format/number.ts'

/** What a run asked of each model of each provider. */
export function ModelsTable({ models }: { readonly models: RunPage['models'] }): ReactElement {
  return (
    <Table
      caption="Models"
      columns={[
        { label: 'Model', wide: true },
        { label: 'Provider' },
        { label: 'Calls', numeric: true },
        { label: 'Errors', numeric: true, title: 'Calls with error' },
        { label: 'Input tokens', numeric: true },
        { label: 'Cached', numeric: true, title: 'Part of the input tokens' },
        { label: 'Output tokens', numeric: true },
        { label: 'Reasoning', numeric: true, title: 'Part of the output tokens' },
        { label: 'Cost', numeric: true },
        { label: 'Duration', numeric: true, title: 'Of all calls together' },
      ]}
    >
      {models.map((use) => (
        <tr key={`${use.model}\0${use.provider}`}>
          <th scope="row" data-wide>
            {nameText(use.model)}
          </th>
          <td data-faint>{use.provider}</td>
          <Count value={use.calls} />
          <td data-numeric data-bad={use.errors > 0 || undefined} data-faint={use.errors === 0 || undefined}>
            {formatCount(use.errors)}
          </td>
          <Count value={use.inputTokens} />
          <Count value={use.cachedInputTokens} />
          <Count value={use.outputTokens} />
          <Count value={use.reasoningTokens} />
          <CostCell of={use} />
          <td data-numeric>{formatDuration(use.durationNs)}</td>
        </tr>
      ))}
    </Table>
  )
}

function Count({ value }: { readonly value: number }): ReactElement {
  return (
    <td data-numeric data-faint={value === 0 || undefined} title={formatExact(value)}>
      {formatCount(value)}
    </td>
  )
}
