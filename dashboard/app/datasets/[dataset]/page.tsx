import { type Case, getDatasetCases, listDatasetVersions } from '@weir/store/evaluations'
import { cutText, stringifyExact } from '@weir/store/text'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import type { ReactElement } from 'react'
import { FilterBar } from '#components/form/filter-bar.tsx'
import { PageHeader } from '#components/frame/page-header.tsx'
import { Panel } from '#components/frame/panel.tsx'
import { Time } from '#components/frame/time.tsx'
import { Pager } from '#components/table/pager.tsx'
import { Table } from '#components/table/table.tsx'
import { withStore } from '#data/with-store.tsx'
import { datasetHref } from '#filters/links.ts'
import { pathValue } from '#filters/path-value.ts'
import { first, firstCount, type SearchParams, toQuery } from '#filters/search-params.ts'
import { nameText } from '#format/name.ts'
import { formatExact } from '#format/number.ts'

const PAGE_SIZE = 100
/** Versions to choose from; any other can be written. */
const VERSIONS = 200
/** Positions of cases are 32 bits. */
const MAX_UINT32 = 0xffff_ffff
/** As much of a value as tells one case from another. */
const GLANCE = 400

interface Props {
  readonly params: Promise<{ dataset: string }>
  readonly searchParams: Promise<SearchParams>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: nameText(pathValue((await params).dataset)) }
}

export default async function DatasetPage({ params, searchParams }: Props): Promise<ReactElement> {
  const name = pathValue((await params).dataset)
  const query = await searchParams
  return withStore(async (store) => {
    const versions = await listDatasetVersions(store, { name })
    const wanted = first(query, 'version')
    const shown = versions.find(({ version }) => String(version) === wanted) ?? versions[0]
    if (!shown) notFound()
    const offset = firstCount(query, 'offset', MAX_UINT32)
    const cases = await getDatasetCases(store, {
      name,
      contentHash: shown.contentHash,
      limit: PAGE_SIZE,
      offset,
    })
    const href = (from: number) =>
      `${datasetHref(name)}${toQuery({ version: wanted, offset: from > 0 ? String(from) : '' })}`
    return (
      <>
        <PageHeader
          title={nameText(name)}
          trail={[{ label: 'Datasets', href: '/datasets' }]}
          note={
            <>
              Version {shown.version} of {versions.length}, {formatExact(shown.caseCount)} cases, pushed{' '}
              <Time unixMs={shown.created} nowMs={Date.now()} />
            </>
          }
          actions={
            <FilterBar
              choices={[
                {
                  name: 'version',
                  label: 'Version',
                  value: wanted,
                  options: versions.slice(0, VERSIONS).map(({ version }) => String(version)),
                  total: versions.length,
                },
              ]}
            />
          }
        />
        <Panel title="Cases" flush>
          <Table
            caption="Cases"
            columns={[
              { label: 'Case' },
              { label: 'Input', wide: true },
              { label: 'Reference', wide: true },
              { label: 'Tags' },
            ]}
          >
            {cases.map((item) => (
              <CaseRow key={item.id} item={item} />
            ))}
          </Table>
          <Pager
            first={offset > 0 ? href(0) : undefined}
            next={offset + cases.length < shown.caseCount ? href(offset + PAGE_SIZE) : undefined}
          />
        </Panel>
      </>
    )
  })
}

function CaseRow({ item }: { readonly item: Case }): ReactElement {
  return (
    <tr>
      <th scope="row">{item.id}</th>
      <td data-prose>
        <code>{glance(item.input)}</code>
      </td>
      <td data-prose data-faint>
        {item.reference === undefined ? '' : <code>{glance(item.reference)}</code>}
      </td>
      <td data-faint>{item.tags?.join(', ')}</td>
    </tr>
  )
}

function glance(value: unknown): string {
  const text = typeof value === 'string' ? value : (stringifyExact(value) ?? '')
  return text.length > GLANCE ? `${cutText(text, GLANCE)}…` : text
}
