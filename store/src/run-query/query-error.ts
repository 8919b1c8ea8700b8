import { UsageError } from '@weir/config'

/** A text is not a query of runs: where, what came, and what was expected. */
export class QueryError extends UsageError {
  override readonly code = 'INVALID_QUERY'
  /** Where the mistake is in the text, in UTF-16 units from 0. */
  readonly at: number
  /** The sentence without the place. */
  readonly problem: string

  constructor(text: string, at: number, problem: string) {
    super(`column ${columnOf(text, at)}: ${problem}\n${text}\n${' '.repeat(columnOf(text, at) - 1)}^`)
    this.at = at
    this.problem = problem
  }
}

/** From 1, in characters as a reader counts them. */
function columnOf(text: string, at: number): number {
  return [...text.slice(0, at)].length + 1
}
