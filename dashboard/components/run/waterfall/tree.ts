/** One bar of the waterfall; the rows of a run come depth first, siblings by start. */
export interface SpanRow {
  readonly spanId: string
  readonly traceId: string
  readonly runId: string
  readonly name: string
  readonly kind: string
  readonly status: string
  /** Nanoseconds from the run's start; negative if it began before. */
  readonly startNs: number
  readonly durationNs: number
  readonly ended: boolean
  /** Levels below the top of the tree, 0..n. */
  readonly depth: number
  readonly model: string
  readonly errorType: string
  /** Tries that a step made. */
  readonly attempts: number
  /** 1..n for a try of its parent, else 0. */
  readonly attempt: number
  readonly fallback: boolean
}

/** Counts of all spans of a run, also of those that are not among the rows. */
export interface SpanTotal {
  readonly spans: number
  readonly errors: number
}

/** A row that can be told from all others of its run. */
export interface KeyedRow extends SpanRow {
  readonly key: string
}

interface SpanIds {
  readonly traceId: string
  readonly spanId: string
}

/**
 * Gives each span of a run its key: its id, with that of its trace before it where the run has several traces. It is also what
 * `?span=` names.
 */
export function withKeys<Span extends SpanIds>(spans: readonly Span[]): (Span & { readonly key: string })[] {
  const isOfOne = spans.every(({ traceId }) => traceId === spans[0]!.traceId)
  return spans.map((span) => ({ ...span, key: isOfOne ? span.spanId : spanName(span) }))
}

/** What names a span whatever other traces its run has. */
export function spanName({ traceId, spanId }: SpanIds): string {
  return `${traceId}-${spanId}`
}

/** Index of the row that `?span=` names, -1 for none. A bare id names the first span that has it, whatever else has come since. */
export function findRow(rows: readonly KeyedRow[], name: string): number {
  if (name === '') return -1
  const exact = rows.findIndex(({ key }) => key === name)
  if (exact >= 0) return exact
  return rows.findIndex((row) => row.spanId === name || spanName(row) === name)
}

/** Indexes of the rows that show: not inside a collapsed row, and, with `matches`, on the way to a match. */
export function visibleRows(
  rows: readonly KeyedRow[],
  collapsed: ReadonlySet<string>,
  matches?: (row: SpanRow) => boolean,
): number[] {
  const kept = matches ? withAncestors(rows, matches) : undefined
  const visible: number[] = []
  let hiddenBelow = Number.POSITIVE_INFINITY
  for (const [index, row] of rows.entries()) {
    if (row.depth > hiddenBelow) continue
    hiddenBelow = Number.POSITIVE_INFINITY
    if (kept && !kept.has(index)) continue
    visible.push(index)
    // A search opens what it found.
    if (!kept && collapsed.has(row.key)) hiddenBelow = row.depth
  }
  return visible
}

function withAncestors(rows: readonly SpanRow[], matches: (row: SpanRow) => boolean): Set<number> {
  const kept = new Set<number>()
  const path: number[] = []
  for (const [index, row] of rows.entries()) {
    path.length = Math.min(path.length, row.depth)
    path[row.depth] = index
    if (matches(row)) for (const ancestor of path) if (ancestor !== undefined) kept.add(ancestor)
  }
  return kept
}

export function hasChildren(rows: readonly SpanRow[], index: number): boolean {
  return (rows[index + 1]?.depth ?? -1) > (rows[index]?.depth ?? 0)
}

/** Index of the row that encloses `index`, -1 at the top. */
export function parentOf(rows: readonly SpanRow[], index: number): number {
  const depth = rows[index]?.depth ?? 0
  for (let above = index - 1; above >= 0; above--) if ((rows[above]?.depth ?? 0) < depth) return above
  return -1
}

/** Keys of the rows around a row, so that opening them shows it. */
export function ancestorKeys(rows: readonly KeyedRow[], index: number): string[] {
  const keys: string[] = []
  for (let above = parentOf(rows, index); above >= 0; above = parentOf(rows, above)) {
    keys.push(rows[above]?.key ?? '')
  }
  return keys
}
