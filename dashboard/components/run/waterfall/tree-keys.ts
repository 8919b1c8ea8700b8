/** Where the selection stands among the rows that show. */
export interface TreePosition {
  /** -1: nothing is selected. */
  readonly at: number
  readonly count: number
  /** Undefined for a row without children. */
  readonly expanded: boolean | undefined
  /** Place of the enclosing row, -1 at the top. */
  readonly parent: number
}

/** Rows that a page key passes. */
const PAGE = 15

/** What a key does in a tree: select another place, open or close the row, or nothing (undefined). */
export function treeAction(
  key: string,
  { at, count, expanded, parent }: TreePosition,
): number | 'toggle' | undefined {
  const last = count - 1
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return Math.min(last, at + 1)
    case 'ArrowUp':
    case 'k':
      return Math.max(0, at - 1)
    case 'Home':
      return 0
    case 'End':
      return last
    case 'PageDown':
      return Math.min(last, at + PAGE)
    case 'PageUp':
      return Math.max(0, at - PAGE)
    case 'ArrowRight':
      return expanded === false ? 'toggle' : expanded ? at + 1 : at
    case 'ArrowLeft':
      return expanded ? 'toggle' : Math.max(0, parent)
    default:
      return undefined
  }
}
