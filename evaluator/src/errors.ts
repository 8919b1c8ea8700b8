import { cutText } from '@weir/store/text'

export { InfrastructureError, UsageError } from '@weir/config'

/** The words of anything that was thrown. Never throws: not everything can be made a text. */
export function messageOf(error: unknown): string {
  try {
    if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ')
    return String(error instanceof Error ? error.message : error)
  } catch {
    return `something that has no words (${typeof error})`
  }
}

const LONGEST_LINE = 500

/** The same as one line for a log, without what moves a terminal: it may quote what a client sent. An error of ClickHouse may repeat the query, which may hold the ids of 50,000 traces. */
export function lineOf(error: unknown): string {
  return cutText(messageOf(error).split('\n')[0]!, LONGEST_LINE).replaceAll(/\p{Cc}/gu, ' ')
}
