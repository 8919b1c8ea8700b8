import type { ReactElement } from 'react'
import { formatExact } from '#format/number.ts'
import { diffRows, foldRows, type LineRow, type Piece, plainRows } from './diff-rows.ts'
import type { ShownValue } from './shown-value.ts'
import styles from './value-diff.module.css'

/** A value with what it is. */
export interface NamedValue {
  readonly label: string
  readonly value: ShownValue
}

/** A value by itself. */
export function ValueText({ label, value }: NamedValue): ReactElement {
  return (
    <section aria-label={label}>
      <h3 className={styles.label}>{label}</h3>
      {value.text === undefined ? null : <pre className={styles.text}>{value.text}</pre>}
      <Note value={value} />
    </section>
  )
}

/** Values side by side that are not compared. */
export function ValuePair({ values }: { readonly values: readonly [NamedValue, NamedValue] }): ReactElement {
  return (
    <div className={styles.pair}>
      <ValueText {...values[0]} />
      <ValueText {...values[1]} />
    </div>
  )
}

/** Two values side by side, with what differs marked: on the left as it was or should be, on the right as it is. */
export function ValueDiff({
  before,
  after,
}: {
  readonly before: NamedValue
  readonly after: NamedValue
}): ReactElement {
  const [left, right] = [before.value.text, after.value.text]
  if (left === undefined || right === undefined) return <ValuePair values={[before, after]} />
  const rows = diffRows(left, right)
  return (
    <section className={styles.diff} aria-label={`${after.label} beside ${before.label.toLowerCase()}`}>
      <h3 className={styles.label} data-sign="−">
        {before.label}
      </h3>
      <h3 className={styles.label} data-sign="+">
        {after.label}
      </h3>
      <div className={styles.lines}>
        {foldRows(rows ?? plainRows(left, right)).map((row, at) =>
          'folded' in row ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines never move
            <p key={at} className={styles.folded}>
              {row.folded === 1 ? '1 line is' : `${formatExact(row.folded)} lines are`} the same
            </p>
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines never move
            <Row key={at} row={row} isCompared={rows !== undefined} />
          ),
        )}
      </div>
      {rows === undefined ? <p className={styles.note}>Too different to mark what changed</p> : null}
      <Note value={before.value} />
      <Note value={after.value} />
    </section>
  )
}

function Row({ row, isCompared }: { readonly row: LineRow; readonly isCompared: boolean }): ReactElement {
  const { before, after, same } = row
  const isChange = isCompared && !same
  return (
    <div className={styles.row} data-same={same || undefined}>
      <Line pieces={before} sign={isChange ? '−' : ''} />
      <Line pieces={after} sign={isChange ? '+' : ''} />
    </div>
  )
}

interface LineProps {
  readonly pieces: readonly Piece[] | undefined
  readonly sign: '−' | '+' | ''
}

function Line({ pieces, sign }: LineProps): ReactElement {
  if (pieces === undefined) return <span className={styles.line} data-missing />
  const Mark = sign === '−' ? 'del' : 'ins'
  return (
    <span className={styles.line} data-sign={sign || undefined}>
      {pieces.map(({ text, changed }, at) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces never move
        changed ? <Mark key={at}>{text}</Mark> : text,
      )}
    </span>
  )
}

function Note({ value }: { readonly value: ShownValue }): ReactElement | null {
  return value.note === '' ? null : <p className={styles.note}>{value.note}</p>
}
