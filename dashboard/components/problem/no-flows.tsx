import type { Store } from '@weir/store'
import { type FlowSearch, getOverview } from '@weir/store/pages'
import type { ReactElement } from 'react'
import { TextLink } from '#components/frame/text-link.tsx'
import { type SearchParams, withParameters } from '#filters/search-params.ts'
import { formatExact } from '#format/number.ts'
import { EmptyState } from './empty-state.tsx'

interface NoFlowsProps {
  readonly store: Store
  /** What found no flow by its name, though there are runs. */
  readonly search: FlowSearch
  readonly params: SearchParams
}

export async function NoFlows({ store, search, params }: NoFlowsProps): Promise<ReactElement> {
  const { flowCount } = await getOverview(store, { ...search, name: undefined, cursor: undefined, limit: 1 })
  return (
    <EmptyState title={`The name of no flow contains “${search.name}”`}>
      <TextLink className="link" href={`/${withParameters(params, { q: '', cursor: '' })}`}>
        Flows of any name
      </TextLink>{' '}
      <span className="muted">{formatExact(flowCount)}</span>
    </EmptyState>
  )
}
