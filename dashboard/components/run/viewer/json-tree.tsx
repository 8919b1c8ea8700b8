'use client'

import { cutText } from '@weir/store/text'
import { type ReactElement, useState } from 'react'
import { BigNumber } from './parse-json.ts'
import styles from './viewer.module.css'

/** Entries shown at once; the rest on demand. */
const PAGE = 100
const LONG_TEXT = 600

interface JsonTreeProps {
  readonly value: unknown
  readonly depth: number
  readonly name?: string
}

/** A JSON value; objects and arrays below the second level start closed unless they are small. */
export function JsonTree({ value, depth, name }: JsonTreeProps): ReactElement {
  if (typeof value !== 'object' || value === null || value instanceof BigNumber) {
    return (
      <div className={styles.line}>
        <Name name={name} />
        <Leaf value={value} />
      </div>
    )
  }
  return <Branch value={value} depth={depth} name={name} />
}

function Branch({
  value,
  depth,
  name,
}: {
  value: object
  depth: number
  name: string | undefined
}): ReactElement {
  const entries = Object.entries(value)
  const [open, setOpen] = useState(depth < 2 || entries.length <= 3)
  const [shown, setShown] = useState(PAGE)
  const [left, right] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  if (entries.length === 0) {
    return (
      <div className={styles.line}>
        <Name name={name} />
        {left}
        {right}
      </div>
    )
  }
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)} className={styles.branch}>
      <summary>
        <Name name={name} />
        <span className="muted">
          {open ? left : `${left} ${entries.length} ${entries.length === 1 ? 'entry' : 'entries'} ${right}`}
        </span>
      </summary>
      {open ? (
        <div className={styles.children}>
          {entries.slice(0, shown).map(([key, child]) => (
            <JsonTree key={key} value={child} depth={depth + 1} name={key} />
          ))}
          {entries.length > shown ? (
            <button type="button" className={styles.switch} onClick={() => setShown(shown + PAGE * 5)}>
              {entries.length - shown} more
            </button>
          ) : null}
        </div>
      ) : null}
    </details>
  )
}

function Name({ name }: { name: string | undefined }): ReactElement | null {
  return name === undefined ? null : <span className={styles.key}>{name}: </span>
}

function Leaf({ value }: { value: unknown }): ReactElement {
  const [whole, setWhole] = useState(false)
  if (typeof value !== 'string') {
    return <span className={styles.literal}>{value instanceof BigNumber ? value.digits : String(value)}</span>
  }
  const cut = !whole && value.length > LONG_TEXT
  return (
    <span className={styles.string}>
      {cut ? `${cutText(value, LONG_TEXT)}…` : value}
      {cut ? (
        <button type="button" className={styles.switch} onClick={() => setWhole(true)}>
          Show all
        </button>
      ) : null}
    </span>
  )
}
