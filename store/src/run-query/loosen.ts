import { printQuery } from './print.ts'
import type { Query } from './query.ts'

/** A query with one of its parts taken away. */
export interface LooserQuery {
  /** The part, as text. */
  readonly without: string
  readonly query: Query
}

/** The parts that must all hold, each taken away in turn: where a query finds nothing, one of them may be too much. */
export function looserQueries(query: Query): LooserQuery[] {
  if (query.type === 'all') return []
  if (query.type !== 'and') return [{ without: printQuery(query), query: { type: 'all' } }]
  return query.queries.map((part) => {
    const rest = query.queries.filter((other) => other !== part)
    return { without: printQuery(part), query: rest.length === 1 ? rest[0]! : { type: 'and', queries: rest } }
  })
}
