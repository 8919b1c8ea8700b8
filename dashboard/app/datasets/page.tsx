import { listDatasets } from '@weir/store'
import type { Metadata } from 'next'
import type { ReactElement } from 'react'
import { EmptyState } from '../../components/empty-state.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { Panel } from '../../components/panel.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { Table } from '../../components/table.tsx'
import { TextLink } from '../../components/text-link.tsx'
import { withStore } from '../../data/with-store.tsx'
import { datasetHref } from '../../filters/links.ts'
import { formatExact } from '../../format/number.ts'

export const metadata: Metadata = { title: 'Datasets' }

export default function DatasetsPage(): Promise<ReactElement> {
  return withStore(async (store) => {
    const nowMs = Date.now()
    const datasets = await listDatasets(store)
    return (
      <>
        <PageHeader
          title="Datasets"
          note="Named, versioned lists of cases; the same content is the same version"
        />
        {datasets.length === 0 ? (
          <EmptyState
            title="No dataset is stored yet"
            commands={['weir dataset push cases.jsonl --name research']}
          >
            One JSON object per line, with <code>id</code>, <code>input</code> and, if there is one,{' '}
            <code>reference</code>:
          </EmptyState>
        ) : (
          <Panel title="All datasets" flush>
            <Table
              caption="Datasets"
              columns={[
                { label: 'Dataset', wide: true },
                { label: 'Latest version', numeric: true },
                { label: 'Cases', numeric: true },
                { label: 'Content' },
                { label: 'Pushed', numeric: true },
              ]}
            >
              {datasets.map(({ name, version, caseCount, contentHash, created }) => (
                <tr key={name}>
                  <th scope="row" data-wide>
                    <TextLink href={datasetHref(name)}>{name}</TextLink>
                  </th>
                  <td data-numeric>{version}</td>
                  <td data-numeric>{formatExact(caseCount)}</td>
                  <td data-faint title={contentHash}>
                    <code>{contentHash.slice(0, 12)}</code>
                  </td>
                  <td data-numeric data-faint>
                    <RelativeTime unixMs={created} nowMs={nowMs} />
                  </td>
                </tr>
              ))}
            </Table>
          </Panel>
        )}
      </>
    )
  })
}
