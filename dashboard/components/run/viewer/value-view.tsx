'use client'

import { type ReactElement, useMemo, useState } from 'react'
import { CopyButton } from '#components/frame/copy-button.tsx'
import { formatBytes } from '#format/number.ts'
import { type CutValue, describeEmpty, describeRecordedCut, type RecordedValue } from './cut-value.ts'
import { JsonTree } from './json-tree.tsx'
import { parseJson } from './parse-json.ts'
import styles from './viewer.module.css'

const UNKNOWN: Pick<RecordedValue, 'type' | 'originalLength'> = { type: 'unknown', originalLength: 0 }
const TYPES = { json: 'JSON', text: 'text', unknown: '', '': '' }

interface ValueViewProps {
  readonly title: string
  readonly value: CutValue | RecordedValue
  /** Fetches the value whole. */
  readonly loadAll: () => Promise<string>
}

/** A recorded value: JSON as a tree, anything else as text. */
export function ValueView({ title, value, loadAll }: ValueViewProps): ReactElement {
  const [whole, setWhole] = useState<string>()
  const [problem, setProblem] = useState('')
  const [raw, setRaw] = useState(false)
  const text = whole ?? value.text
  const isCut = text.length < value.length
  const { type, originalLength } = 'type' in value ? value : UNKNOWN
  const json = useMemo(() => (isCut ? undefined : parseJson(text, type)), [text, isCut, type])
  const load = async () => {
    setProblem('')
    try {
      setWhole(await loadAll())
    } catch {
      setProblem('Could not load it; try again.')
    }
  }
  return (
    <section className={styles.value} aria-label={title}>
      <div className={styles.head}>
        <h3>{title}</h3>
        {value.length > 0 ? (
          <span className="muted">
            {[TYPES[type], formatBytes(value.length)].filter(Boolean).join(' · ')}
          </span>
        ) : null}
        {json ? (
          <button type="button" className={styles.switch} aria-pressed={raw} onClick={() => setRaw(!raw)}>
            Raw
          </button>
        ) : null}
        {value.length > 0 && !isCut ? <CopyButton text={text} label={`Copy ${title.toLowerCase()}`} /> : null}
      </div>
      {value.length === 0 ? (
        <p className="muted">{describeEmpty(type, originalLength)}</p>
      ) : json && !raw ? (
        <div className={styles.json}>
          <JsonTree value={json.value} depth={0} />
        </div>
      ) : (
        <pre className={styles.text}>{text}</pre>
      )}
      {originalLength > 0 && value.length > 0 ? (
        <p className="muted">{describeRecordedCut(originalLength)}</p>
      ) : null}
      {isCut ? (
        <p className={styles.more}>
          <button type="button" className="button" onClick={() => void load()}>
            Show all ({formatBytes(value.length)})
          </button>
          <span role="alert">{problem}</span>
        </p>
      ) : null}
    </section>
  )
}
