import { assignRuns } from './assign-runs.ts'
import { countUsage } from './count-usage.ts'
import { groupBy } from './group-by.ts'
import { linkSpans } from './link-spans.ts'
import type { PlacedSpan } from './placed-span.ts'
import type { SpanFacts } from './span-facts.ts'

/** Each span with its place in its trace and its run: trace by trace, parents before their children. */
export function placeSpans(spans: readonly SpanFacts[]): PlacedSpan[] {
  const placed: PlacedSpan[] = []
  for (const records of groupBy(spans, ({ traceId }) => traceId).values()) {
    const trace = linkSpans(records)
    assignRuns(trace)
    countUsage(trace)
    for (const span of trace) placed.push(span)
  }
  return placed
}
