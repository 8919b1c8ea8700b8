import { rows, type Store } from '@weir/store'
import { getRunPage, getSpan, type RunSearch, searchRuns } from '@weir/store/pages'
import { parseQuery } from '@weir/store/run-query'

const REPEATS = 15

/** Times what pages and exports ask of a filled store: Markdown. */
export async function askQuestions(store: Store, end: Date): Promise<string> {
  const runs = await rows<{ run: string; trace: string; span: string; session: string }>(
    store,
    `SELECT run_id AS run, lower(hex(trace_id)) AS trace, lower(hex(root_span_id)) AS span, session_id AS session
    FROM runs WHERE root_span_id != toFixedString('', 8) ORDER BY cityHash64(run_id) LIMIT ${REPEATS}`,
  )
  const week = { from: new Date(end.getTime() - 7 * 86_400_000), to: end }
  const search = (wanted: Partial<RunSearch>) => () => searchRuns(store, { ...week, ...wanted })
  const query = (text: string) => search({ query: parseQuery(text) })
  const attribute = (key: string, value: string) => query(`"${key}":"${value}"`)
  const rare = await rows<{ id: string }>(
    store,
    `SELECT any(attributes['gen_ai.tool.call.id']) AS id FROM spans WHERE kind = 'tool' GROUP BY cityHash64(trace_id) % ${REPEATS}`,
  )
  const questions: [string, (nth: number) => Promise<unknown>][] = [
    [
      'a span by trace and span id',
      (nth) => getSpan(store, { traceId: runs[nth]!.trace, spanId: runs[nth]!.span }),
    ],
    ['the run page', (nth) => getRunPage(store, { runId: runs[nth]!.run })],
    ['newest 50 runs', search({})],
    ['newest 50 runs of a flow', search({ flow: 'flow-7' })],
    [
      'runs with an attribute of one span (a call id)',
      (nth) => attribute('gen_ai.tool.call.id', rare[nth]!.id)(),
    ],
    [
      'runs with an attribute of 1 in 5,000 (a customer)',
      (nth) => attribute('customer.id', `customer-${nth * 7}`)(),
    ],
    ['runs with an attribute of 1 in 40 (a tenant)', (nth) => attribute('tenant', `tenant-${nth}`)()],
    ['runs with an attribute that nobody has', (nth) => attribute('customer.id', `nobody-${nth}`)()],
    ['runs with a word that all have', query('messages')],
    ['runs with three words', query('ANBOR celfilmermer gorlum')],
    ['runs with a word that none has', (nth) => query(`nowhere${nth}`)()],
  ]
  const lines: string[] = []
  for (const [question, ask] of questions) {
    const times: number[] = []
    for (let nth = 0; nth < REPEATS; nth++) {
      const begin = performance.now()
      await ask(nth)
      times.push(performance.now() - begin)
    }
    times.sort((a, b) => a - b)
    const [best, median, worst] = [times[0]!, times[Math.floor(REPEATS / 2)]!, times.at(-1)!]
    lines.push(`| ${question} | ${best.toFixed(1)} | ${median.toFixed(1)} | ${worst.toFixed(1)} |`)
  }
  return ['| question | best ms | median ms | worst ms |', '| --- | ---: | ---: | ---: |', ...lines].join(
    '\n',
  )
}
