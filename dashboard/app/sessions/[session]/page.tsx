import { getSessionPage } from '@weir/store/pages'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import type { ReactElement } from 'react'
import { PageHeader } from '#components/frame/page-header.tsx'
import { StatTiles } from '#components/frame/stat-tiles.tsx'
import { Time } from '#components/frame/time.tsx'
import { SessionRun } from '#components/run/session-run.tsx'
import { Pager } from '#components/table/pager.tsx'
import { fromFirstPage } from '#data/from-first-page.ts'
import { withStore } from '#data/with-store.tsx'
import { sessionHref } from '#filters/links.ts'
import { pageLinks } from '#filters/pages.ts'
import { pathValue } from '#filters/path-value.ts'
import { first, type SearchParams } from '#filters/search-params.ts'
import { describeUnknownCost, formatKnownCost } from '#format/cost.ts'
import { nameText } from '#format/name.ts'
import { formatCount, formatExact } from '#format/number.ts'

interface Props {
  readonly params: Promise<{ session: string }>
  readonly searchParams: Promise<SearchParams>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Session ${nameText(pathValue((await params).session))}` }
}

export default async function SessionPage({ params, searchParams }: Props): Promise<ReactElement> {
  const sessionId = pathValue((await params).session)
  const query = await searchParams
  return withStore(async (store) => {
    const href = sessionHref(sessionId)
    const cursor = first(query, 'cursor') || undefined
    const session = await fromFirstPage(getSessionPage(store, { sessionId, cursor }), href)
    if (!session) notFound()
    const nowMs = Date.now()
    const { runs, userIds, totals } = session
    return (
      <>
        <PageHeader
          title={nameText(sessionId)}
          trail={[{ label: 'Runs', href: '/runs' }]}
          note={describeUsers(userIds, totals.users)}
        />
        <StatTiles
          label="Session"
          stats={[
            {
              label: 'Runs',
              value: formatCount(totals.runs),
              title: formatExact(totals.runs),
              detail: `${formatCount(totals.errors)} with error`,
              ...(totals.errors > 0 ? { tone: 'error' as const } : {}),
            },
            { label: 'First run', value: <Time unixMs={totals.firstMs} nowMs={nowMs} /> },
            { label: 'Last run', value: <Time unixMs={totals.lastMs} nowMs={nowMs} /> },
            {
              label: 'Tokens',
              value: formatCount(totals.inputTokens + totals.outputTokens),
              detail: `${formatCount(totals.inputTokens)} in · ${formatCount(totals.outputTokens)} out`,
            },
            { label: 'Cost', value: formatKnownCost(totals), title: describeUnknownCost(totals) },
          ]}
        />
        {runs.length < totals.runs ? (
          <p className="muted">
            {formatExact(runs.length)} of {formatExact(totals.runs)} runs, oldest first; the totals above are
            of all
          </p>
        ) : null}
        {runs.map((run) => (
          <SessionRun key={run.runId} run={run} nowMs={nowMs} />
        ))}
        <Pager {...pageLinks(href, query, session.next)} />
      </>
    )
  })
}

function describeUsers(userIds: readonly string[], count: number): string | undefined {
  if (count === 0) return undefined
  const more = count > userIds.length ? ` and ${formatExact(count - userIds.length)} more` : ''
  return `${count === 1 ? 'user' : 'users'} ${userIds.join(', ')}${more}`
}
