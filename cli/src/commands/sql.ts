import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { UsageError } from '@weir/config'
import type { Store } from '@weir/store'
import { printed } from '@weir/store/text'
import type { Command } from 'commander'
import { readConfig } from '../config.ts'
import { openStore } from '../open-store.ts'

export function addSql(program: Command): void {
  program
    .command('sql [statement]')
    .description('run a statement that only reads on the store, with the credentials of the home')
    .option(
      '--format <name>',
      "a format of ClickHouse's; default: a table in a terminal, else tab-separated with names",
    )
    .addHelpText(
      'after',
      '\nWithout a statement it is read from standard input: weir sql < question.sql\nTables: docs/ARCHITECTURE.md',
    )
    .action(runSql)
}

async function runSql(given: string | undefined, options: { format?: string }): Promise<void> {
  const statement = given ?? (process.stdin.isTTY ? '' : await text(process.stdin))
  if (statement.trim() === '') {
    throw new UsageError(
      `no statement came, expected one such as: weir sql "SELECT flow, count() FROM runs FINAL GROUP BY flow"`,
    )
  }
  const format = options.format ?? (process.stdout.isTTY ? 'PrettyCompactMonoBlock' : 'TabSeparatedWithNames')
  const store = await openStore(readConfig())
  try {
    const answer = await ask(store, statement, format)
    // A terminal would act on what telemetry may hold; a file or another program gets it as it is.
    if (process.stdout.isTTY) answer.setEncoding('utf8')
    for await (const piece of answer) {
      const shown = typeof piece === 'string' ? piece.replaceAll(/[^\n\t]+/g, printed) : (piece as Buffer)
      if (!process.stdout.write(shown)) await new Promise((resolve) => process.stdout.once('drain', resolve))
    }
  } finally {
    await store.close()
  }
}

async function ask(store: Store, query: string, format: string): Promise<Readable> {
  try {
    // 2: reads only, and may change settings other than this one.
    const settings = { readonly: '2' } as const
    const http_headers = { 'x-clickhouse-format': format }
    return (await store.client.exec({ query, clickhouse_settings: settings, http_headers })).stream
  } catch (cause) {
    throw new UsageError(`the store does not take the statement: ${(cause as Error).message}`, { cause })
  }
}
