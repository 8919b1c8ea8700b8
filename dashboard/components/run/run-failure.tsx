import type { RunPage } from '@weir/store/pages'
import type { ReactElement } from 'react'
import { TextLink } from '#components/frame/text-link.tsx'
import { runHref } from '#filters/links.ts'
import styles from './run.module.css'
import { withKeys } from './waterfall/tree.ts'

/** Why a run failed, and the deepest span that says so. */
export function RunFailure({ page }: { readonly page: RunPage }): ReactElement | null {
  const { run, spans } = page
  if (run.status !== 'error') return null
  const keyed = withKeys(spans)
  const root = keyed.find(({ traceId, spanId }) => traceId === run.traceId && spanId === page.rootSpanId)
  const failed = keyed.filter(({ status }) => status === 'error')
  const origin = failed.toSorted((a, b) => b.depth - a.depth || b.startNs - a.startNs)[0]
  return (
    <section className={styles.failure} aria-label="Why this run failed">
      <h2>{run.errorType || origin?.errorType || 'Error'}</h2>
      <p>{run.errorMessage || origin?.errorMessage || 'No message was recorded.'}</p>
      {origin && origin !== root ? (
        <p className={styles.where}>
          Failed in{' '}
          <TextLink className="link" href={runHref(run.runId, origin.key)} scroll={false}>
            {origin.name}
          </TextLink>
        </p>
      ) : null}
    </section>
  )
}
