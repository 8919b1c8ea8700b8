import type { ReactElement, ReactNode } from 'react'
import styles from './table.module.css'

/** How a column reads: numbers are set right, `wide` takes what is left. */
export interface Column {
  readonly label: ReactNode
  readonly numeric?: boolean
  readonly wide?: boolean
  /** Explains the heading on hover. */
  readonly title?: string
}

interface TableProps {
  /** Read by screen readers; names the scrolling region too. */
  readonly caption: string
  readonly columns: readonly Column[]
  readonly children: ReactNode
}

/** A table that scrolls sideways on its own where it is wider than the screen. Cells: `<td data-numeric>`. */
export function Table({ caption, columns, children }: TableProps): ReactElement {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={styles.scroll} aria-label={`${caption}, scrollable`} tabIndex={0}>
      <table className={styles.table}>
        <caption className="hidden-text">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column, index) => (
              <th
                // biome-ignore lint/suspicious/noArrayIndexKey: columns never move
                key={index}
                scope="col"
                data-numeric={column.numeric || undefined}
                data-wide={column.wide || undefined}
                title={column.title}
              >
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  )
}
