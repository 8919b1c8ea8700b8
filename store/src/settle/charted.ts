/** A minute is a `DateTime`, which ends within the minute after: runs that start from here on are in no minute. */
const CHARTED_UNTIL = '2106-02-07 06:28:00'

/** SQL: whether a run's start is one that minutes can hold. Functions such as `toStartOfMinute` wrap around beyond. */
export const IS_CHARTED: string = `start >= toDateTime64('1970-01-01 00:00:00', 9, 'UTC')
      AND start < toDateTime64('${CHARTED_UNTIL}', 9, 'UTC')`
