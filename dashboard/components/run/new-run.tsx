import type { ReactElement } from 'react'
import { LiveRefresh } from '#components/frame/live-refresh.tsx'
import { PageHeader } from '#components/frame/page-header.tsx'
import { EmptyState } from '#components/problem/empty-state.tsx'

/** In place of a run that was started just now. */
export function NewRun({ token }: { readonly token: string }): ReactElement {
  return (
    <>
      <PageHeader
        title="New run"
        trail={[{ label: 'Runs', href: '/runs' }]}
        actions={<LiveRefresh token={token} always />}
      />
      <EmptyState title="Nothing of this run has arrived yet">
        <p>
          It shows here as soon as its first spans come, mostly within a few seconds. If it does not, see
          whether the program that executes it sends its spans to this Weir.
        </p>
      </EmptyState>
    </>
  )
}
