import type { Metadata } from 'next'
import type { ReactElement } from 'react'
import { PageHeader } from '#components/frame/page-header.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import { EmptyState } from '#components/problem/empty-state.tsx'

export const metadata: Metadata = { title: 'Not found' }

export default function NotFound(): ReactElement {
  return (
    <>
      <PageHeader title="Not found" />
      <EmptyState title="There is nothing at this address">
        It may not have been recorded yet, belong to another project, or be older than what is kept.{' '}
        <TextLink className="link" href="/">
          Go to the overview
        </TextLink>{' '}
        or{' '}
        <TextLink className="link" href="/runs">
          search the runs
        </TextLink>
        .
      </EmptyState>
    </>
  )
}
