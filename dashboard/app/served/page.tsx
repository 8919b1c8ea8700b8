import type { Metadata } from 'next'
import type { ReactElement } from 'react'
import { PageHeader } from '#components/frame/page-header.tsx'
import { Panel } from '#components/frame/panel.tsx'
import { EmptyState } from '#components/problem/empty-state.tsx'
import { ErrorState } from '#components/problem/error-state.tsx'
import { ServedTable } from '#components/served/served-table.tsx'
import { type Listing, listServers } from '#data/flow-servers/listing.ts'
import { explainStoreError } from '#data/store-problem.ts'

export const metadata: Metadata = { title: 'Served flows' }

/** What the configured servers offer, also flows that never ran. */
export default async function ServedPage(): Promise<ReactElement> {
  let listings: Listing[]
  try {
    listings = await listServers()
  } catch (error) {
    const problem = explainStoreError(error)
    if (!problem) throw error
    return (
      <ErrorState title={problem.title} detail={problem.detail}>
        <p>{problem.advice}</p>
      </ErrorState>
    )
  }
  return (
    <>
      <PageHeader title="Served flows" />
      {listings.length === 0 ? <NoServers /> : null}
      {listings.map((listing) => (
        <Server key={listing.url} listing={listing} />
      ))}
    </>
  )
}

function Server({ listing }: { readonly listing: Listing }): ReactElement {
  const { url, problem } = listing
  if (problem !== undefined) {
    return (
      <Panel title={url} flush>
        <EmptyState title={problem.message}>
          <p role="alert">{problem.advice}</p>
        </EmptyState>
      </Panel>
    )
  }
  const { kind, flows } = listing
  return (
    <Panel
      title={url}
      note={kind === 'Genkit' ? 'A Genkit app in development mode' : 'Served by @weir/sdk'}
      flush
    >
      {flows.length === 0 ? (
        <EmptyState title="It offers no flow" />
      ) : (
        <ServedTable caption={`Flows of ${url}`} flows={flows} />
      )}
    </Panel>
  )
}

function NoServers(): ReactElement {
  return (
    <EmptyState
      title="No server of flows is named"
      commands={['WEIR_FLOW_SERVERS=http://127.0.0.1:3400 weir up']}
    >
      <p>
        Weir lists and runs the flows of servers that <code>WEIR_FLOW_SERVERS</code> names: what{' '}
        <code>serve</code> of <code>@weir/sdk</code> answers at, or the reflection server of a Genkit app.
      </p>
    </EmptyState>
  )
}
