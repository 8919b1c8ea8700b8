import { listDatasets } from '@weir/store/evaluations'
import type { Metadata } from 'next'
import type { ReactElement } from 'react'
import { PageHeader } from '#components/frame/page-header.tsx'
import { Panel } from '#components/frame/panel.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import { Time } from '#components/frame/time.tsx'
import { EmptyState } from '#components/problem/empty-state.tsx'
import { Pager } from '#components/table/pager.tsx'
import { Table } from '#components/table/table.tsx'
import { withStore } from '#data/with-store.tsx'
import { datasetHref } from '#filters/links.ts'
import { pageLinks } from '#filters/pages.ts'
import { first, type SearchParams } from '#filters/search-params.ts'
import { nameText } from '#format/name.ts'
import { formatExact } from '#format/number.ts'

export const metadata: Metadata = { title: 'Datasets' }

const PAGE_SIZE = 100

interface Props {
  readonly searchParams: Promise<SearchParams>
}

export default async function DatasetsPage({ searchParams }: Props): Promise<ReactElement> {
  const params = await searchParams
  return withStore(async (store) => {
    const nowMs = Date.now()
    const after = first(params, 'after')
    const found = await listDatasets(store, { after, limit: PAGE_SIZE + 1 })
    const datasets = found.slice(0, PAGE_SIZE)
    const next = found.length > PAGE_SIZE ? (datasets.at(-1)?.name ?? null) : null
    return (
      <>
        <PageHeader
          title="Datasets"
          note="Named, versioned lists of cases; the same content is the same version"
        />
        {datasets.length === 0 && after === '' ? (
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
                    <TextLink href={datasetHref(name)}>{nameText(name)}</TextLink>
                  </th>
                  <td data-numeric>{version}</td>
                  <td data-numeric>{formatExact(caseCount)}</td>
                  <td data-faint title={contentHash}>
                    <code>{contentHash.slice(0, 12)}</code>
                  </td>
                  <td data-numeric data-faint>
                    <Time unixMs={created} nowMs={nowMs} />
                  </td>
                </tr>
              ))}
            </Table>
            <Pager {...pageLinks('/datasets', params, next, 'after')} />
          </Panel>
        )}
      </>
    )
  })
}
