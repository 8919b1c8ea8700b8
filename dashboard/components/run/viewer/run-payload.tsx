'use client'

import type { ReactElement } from 'react'
import { runPayloadHref } from '#filters/links.ts'
import type { CutValue, RecordedValue } from './cut-value.ts'
import { ValueView } from './value-view.tsx'
import styles from './viewer.module.css'

export interface RunPayloadProps {
  readonly runId: string
  readonly input: RecordedValue
  readonly output: RecordedValue
  readonly metadata: CutValue
}

/** Input and output of the whole run: what the panel shows while no span is selected. */
export function RunPayload({ runId, input, output, metadata }: RunPayloadProps): ReactElement {
  const all = (field: 'input' | 'output') => async () => {
    const response = await fetch(runPayloadHref(runId))
    if (!response.ok) throw new Error(`the dashboard answered ${response.status}`)
    return ((await response.json()) as Record<typeof field, string>)[field]
  }
  return (
    <div className={styles.detail}>
      <div className={styles.title}>
        <h2>Input and output</h2>
        <span className="muted">Select a span to see its own</span>
      </div>
      <ValueView title="Input" value={input} loadAll={all('input')} />
      <ValueView title="Output" value={output} loadAll={all('output')} />
      {metadata.length > 0 && metadata.text !== '{}' ? (
        <ValueView title="Metadata" value={metadata} loadAll={() => Promise.resolve(metadata.text)} />
      ) : null}
    </div>
  )
}
