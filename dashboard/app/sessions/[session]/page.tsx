import { getSessionPage } from '@weir/store'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import type { ReactElement } from 'react'
import { PageHeader } from '../../../components/page-header.tsx'
import { SessionRun } from '../../../components/session-run.tsx'
import { StatTiles } from '../../../components/stat-tiles.tsx'
import { withStore } from '../../../data/with-store.tsx'
import { pathValue } from '../../../filters/path-value.ts'
import { formatCost, formatCount } from '../../../format/number.ts'

interface Props {
  readonly params: Promise<{ session: string }>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Session ${pathValue((await params).session)}` }
}

export default async function SessionPage({ params }: Props): Promise<ReactElement> {
  const sessionId = pathValue((await params).session)
  return withStore(async (store) => {
    const session = await getSessionPage(store, { sessionId })
    if (!session) notFound()
    const nowMs = Date.now()
    const { runs, userIds, cut } = session
    const sum = (value: (run: (typeof runs)[number]) => number) =>
      runs.reduce((total, run) => total + value(run), 0)
    return (
      <>
        <PageHeader
          title={sessionId}
          trail={[{ label: 'Runs', href: '/runs' }]}
          note={userIds.length > 0 ? `user ${userIds.join(', ')}` : undefined}
        />
        <StatTiles
          label="Session"
          stats={[
            { label: 'Runs', value: `${formatCount(runs.length)}${cut ? ' first' : ''}` },
            { label: 'With error', value: formatCount(sum(({ status }) => (status === 'error' ? 1 : 0))) },
            { label: 'Tokens', value: formatCount(sum((run) => run.inputTokens + run.outputTokens)) },
            { label: 'Cost', value: formatCost(sum(({ cost }) => cost)) },
          ]}
        />
        {runs.map((run) => (
          <SessionRun key={run.runId} run={run} nowMs={nowMs} />
        ))}
      </>
    )
  })
}
