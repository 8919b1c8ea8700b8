import type { RunPage } from '@weir/store/pages'
import type { ReactElement } from 'react'
import { Panel } from '#components/frame/panel.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import { runHref } from '#filters/links.ts'
import { formatDuration } from '#format/duration.ts'
import { nameText } from '#format/name.ts'
import { formatExact } from '#format/number.ts'
import { spanName } from './waterfall/tree.ts'

const SHOWN = 20

/** The steps whose times cannot all be true, and by how much. */
export function UncertainSteps({ page }: { readonly page: RunPage }): ReactElement | null {
  const uncertain = page.steps.filter(({ uncertainNs }) => uncertainNs > 0)
  if (uncertain.length === 0) return null
  const count = `${formatExact(uncertain.length)} of ${formatExact(page.steps.length)} step executions`
  return (
    <Panel
      title="Uncertain times"
      note={`${count} began before the run, or ended before they began: their order and duration are uncertain by that much`}
    >
      <ul>
        {uncertain.slice(0, SHOWN).map((step) => (
          <li key={spanName(step)}>
            <TextLink className="link" href={runHref(page.run.runId, spanName(step))} scroll={false}>
              {nameText(step.name)}
            </TextLink>{' '}
            by {formatDuration(step.uncertainNs)}
          </li>
        ))}
        {uncertain.length > SHOWN ? <li>and {formatExact(uncertain.length - SHOWN)} more</li> : null}
      </ul>
    </Panel>
  )
}
