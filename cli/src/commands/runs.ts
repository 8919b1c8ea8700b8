import { parseDuration, UsageError } from '@weir/config'
import type { Store } from '@weir/store'
import { ORDERS, type RunOrder, type RunSearch, searchRuns, toRunRowJson } from '@weir/store/pages'
import { FIELDS, parseQuery } from '@weir/store/run-query'
import { type Command, Option } from 'commander'
import { print, printJson } from '../print.ts'
import { describeNothing } from '../runs/describe-nothing.ts'
import { formatRuns } from '../runs/format-runs.ts'
import { withStore } from '../with-store.ts'

interface RunsOptions {
  readonly last: string
  readonly order: RunOrder
  readonly limit: string
  readonly cursor?: string
  readonly json: boolean
}

const MOST = 500
/** As on pages: clocks differ. */
const AHEAD_MS = 600_000

const HELP = `
A query is words, fields and attributes, all of which hold:
  weir runs flow:research status:error 'duration>3s'
  weir runs 'customer.id:42 http.status_code>=500'
  weir runs '(tool:search OR step:plan) -user:ann "connection reset"'
  weir runs -- -status:ok
  weir runs --last 7d --order costliest 'has:tool -env:dev'
Fields: ${Object.keys(FIELDS).join(' ')}.
All else before : = != > < >= <= is the key of an attribute; a query that begins with - goes after --.`

export function addRuns(program: Command): void {
  program
    .command('runs')
    .description('find runs by a query, in one line')
    .argument('[query...]', 'what the runs must be; without it, all of them')
    .option('--last <duration>', 'runs that started in the last 15m, 24h or 7d', '24h')
    .addOption(new Option('--order <by>', 'which runs come first').choices(ORDERS).default('newest'))
    .option('--limit <n>', `how many runs, 1 to ${MOST}`, '50')
    .option('--cursor <cursor>', 'go on where a page ended')
    .option('--json', 'print JSON', false)
    .addHelpText('after', HELP)
    .action(async (words: string[], options: RunsOptions) => {
      const query = parseQuery(words.join(' '))
      const limit = Number(options.limit)
      if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
        throw new UsageError(`--limit is "${options.limit}", expected a whole number from 1 to ${MOST}`)
      const to = new Date()
      const from = new Date(to.getTime() - parseDuration(options.last) / 1e6)
      if (!(from.getTime() >= 0))
        throw new UsageError(`--last is "${options.last}", which is before 1970: no run is so old`)
      const { order, cursor } = options
      const search = { query, from, to, aheadMs: AHEAD_MS, order, cursor, limit }
      await withStore((store) => listRuns(store, search, options))
    })
}

async function listRuns(store: Store, search: RunSearch, { last, json }: RunsOptions): Promise<void> {
  const { runs, next } = await searchRuns(store, search)
  if (json) {
    printJson({ runs: runs.map(toRunRowJson), next })
  } else if (runs.length > 0) {
    print(...formatRuns(runs))
    if (next !== null) print('', `There are more: --cursor ${next}`)
  } else {
    print(...(await describeNothing(store, search, last)))
  }
}
