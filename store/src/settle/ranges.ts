import type { QueryParams, Store } from '../store.ts'
import { rows } from '../store.ts'

/** Earliest and latest start of some spans, as ClickHouse writes them: texts that sort like their times. */
export interface Range {
  readonly from: string
  readonly to: string
}

/** A minute is a `DateTime`, which ends within the minute after: runs that start from here on are in no minute. */
const CHARTED_UNTIL = '2106-02-07 06:28:00'
const CHARTED_FROM = '1970-01-01 00:00:00'
const LAST_CHARTED = '2106-02-07 06:27:59.999999999'

/** SQL: whether a run's start is one that minutes can hold. Functions such as `toStartOfMinute` wrap around beyond. */
export const IS_CHARTED: string = `start >= toDateTime64('${CHARTED_FROM}', 9, 'UTC')
      AND start < toDateTime64('${CHARTED_UNTIL}', 9, 'UTC')`

const DAY_MS = 86_400_000
/** Each range is a condition in every statement that follows. */
const MOST_RANGES = 8
/** Spans of more days than this are one range: clocks that are wrong are few. */
const MOST_DAYS = 1_000

/**
 * The ranges in which spans start: a span of another year has one of its own, so that a pass does not read all that lies
 * between it and the others.
 * @param whole of all of these spans
 * @param where which spans
 */
export async function findRanges(
  store: Store,
  whole: Range,
  { where, params, settings = '' }: { where: string; params: QueryParams; settings?: string },
): Promise<Range[]> {
  if (toMs(whole.to) - toMs(whole.from) <= DAY_MS) return [whole]
  const query = `
    SELECT toString(min(start)) AS from, toString(max(start)) AS to FROM spans WHERE ${where}
    GROUP BY intDiv(toUnixTimestamp64Nano(start), 86400000000000) LIMIT ${MOST_DAYS + 1} ${settings}`
  const days = await rows<Range>(store, query, params)
  return days.length > MOST_DAYS ? [whole] : mergeRanges(days)
}

/** The same times in fewer ranges: those that are less than a day apart become one, then the nearest, until they are few. */
export function mergeRanges(ranges: readonly Range[]): Range[] {
  const merged = ranges.toSorted((a, b) => (a.from < b.from ? -1 : 1))
  const gap = (at: number) => toMs(merged[at + 1]!.from) - toMs(merged[at]!.to)
  const join = (at: number) => {
    const [{ from, to }, next] = [merged[at]!, merged[at + 1]!]
    merged.splice(at, 2, { from, to: [to, next.to].toSorted().at(-1)! })
  }
  for (let at = 0; at < merged.length - 1; ) {
    if (gap(at) < DAY_MS) join(at)
    else at++
  }
  while (merged.length > MOST_RANGES) {
    let nearest = 0
    for (let at = 1; at < merged.length - 1; at++) if (gap(at) < gap(nearest)) nearest = at
    join(nearest)
  }
  return merged
}

/** The whole minutes of the ranges that minutes can hold. */
export function chartedRanges(ranges: readonly Range[]): Range[] {
  return mergeRanges(ranges)
    .filter(({ from, to }) => from < CHARTED_UNTIL && to >= CHARTED_FROM)
    .map(({ from, to }) => ({
      from: from < CHARTED_FROM ? CHARTED_FROM : `${minuteOf(from)}:00`,
      to: to > LAST_CHARTED ? LAST_CHARTED : `${minuteOf(to)}:59.999999999`,
    }))
}

/** SQL: whether `start`, or the `minute` of a table of minutes, is in one of the ranges; and what it binds. */
export interface Within {
  readonly start: string
  readonly minute: string
  readonly params: QueryParams
}

/**
 * Bounds have the column's own type: a filter that compares a DateTime64 key with a DateTime loses rows of the last second.
 * @param ranges for `minute`, of {@link chartedRanges}
 */
export function within(ranges: readonly Range[]): Within {
  const anyOf = (column: string, bound: (name: string) => string) =>
    ranges.length === 0
      ? 'false'
      : `(${ranges.map((_, i) => `${column} BETWEEN ${bound(`from${i}`)} AND ${bound(`to${i}`)}`).join(' OR ')})`
  const nanoseconds = (name: string) => `toDateTime64({${name}:String}, 9, 'UTC')`
  return {
    start: anyOf('start', nanoseconds),
    minute: anyOf('minute', (name) => `toDateTime(${nanoseconds(name)}, 'UTC')`),
    params: Object.fromEntries(
      ranges.flatMap(({ from, to }, i) => [
        [`from${i}`, from],
        [`to${i}`, to],
      ]),
    ),
  }
}

function minuteOf(time: string): string {
  return time.slice(0, 'yyyy-mm-dd hh:mm'.length)
}

function toMs(time: string): number {
  return Date.parse(`${time.slice(0, 23).replace(' ', 'T')}Z`)
}
