import type { Store } from '@weir/store'
import { countRuns, type RunCount, type RunSearch } from '@weir/store/pages'
import { looserQueries, printQuery, type Query } from '@weir/store/run-query'
import { shellWord } from '@weir/store/text'

/** All starts that totals know. */
const ANY_TIME = { from: new Date(0), to: new Date(Date.UTC(2106, 1, 7, 6, 28)) }

/** No run matches: what to loosen, and what there is then. */
export async function describeNothing(
  store: Store,
  { query = { type: 'all' }, ...search }: RunSearch,
  last: string,
): Promise<string[]> {
  if (search.cursor !== undefined) return ['There are no more runs.']
  const count = (of: Query, times = {}) => countRuns(store, { ...search, query: of, ...times })
  const [ever, older, ...looser] = await Promise.all([
    countRuns(store, ANY_TIME, 1),
    count(query, ANY_TIME),
    ...looserQueries(query).map(async (one) => ({ ...one, count: await count(one.query) })),
  ])
  if (ever.runs === 0) return [`No run is stored yet in project "${store.project}": "weir demo" makes some.`]
  const text = printQuery(query)
  return [
    `No run of the last ${last} matches${text === '' ? '.' : ` ${text}`}`,
    ...looser.map((one) => `  without ${one.without}: ${describe(one.count)}${again(one, last)}`),
    `  at any time: ${describe(older)}${older.runs === 0 ? '' : `, the last at ${new Date(older.lastMs).toISOString()}`}`,
  ]
}

function again({ query, count }: { readonly query: Query; readonly count: RunCount }, last: string): string {
  if (count.runs === 0) return ''
  const text = printQuery(query)
  return `: weir runs --last ${last}${text === '' ? '' : ` -- ${shellWord(text)}`}`
}

function describe({ runs, isCut }: RunCount): string {
  return `${isCut ? 'more than ' : ''}${runs} ${runs === 1 ? 'run' : 'runs'}`
}
