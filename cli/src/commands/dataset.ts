import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { UsageError } from '@weir/config'
import { readJsonLines, toCases } from '@weir/evaluator'
import type { Store } from '@weir/store'
import { getDatasetCases, listDatasets, pushDataset, resolveDataset } from '@weir/store/evaluations'
import { stringifyExact } from '@weir/store/text'
import type { Command } from 'commander'
import { print, printedJson, printJson } from '../print.ts'
import { requireWritable } from '../require-writable.ts'
import { printTable } from '../table.ts'
import { withStore } from '../with-store.ts'

export function addDataset(program: Command): void {
  const dataset = program.command('dataset').description('named, versioned lists of cases')
  dataset
    .command('push <file>')
    .description('store a file with one JSON case per line as a new version')
    .option('--name <name>', 'name of the dataset (default: the name of the file)')
    .action((file: string, { name }: { name?: string }) =>
      withStore((store) => push(store, file, name ?? basename(file).replace(/\.jsonl?$/, ''))),
    )
  dataset
    .command('pull <name>')
    .description('print the cases of a dataset (name, or name@version) as JSON lines')
    .option('--output <file>', 'write them to a file')
    .action((reference: string, { output }: { output?: string }) =>
      withStore((store) => pull(store, reference, output)),
    )
  dataset
    .command('list')
    .description('show the datasets')
    .option('--json', 'print JSON', false)
    .action(({ json }: { json: boolean }) => withStore((store) => list(store, json)))
}

async function push(store: Store, file: string, name: string): Promise<void> {
  const cases = toCases(name, await readJsonLines(file))
  if (cases.length === 0) throw new UsageError(`${file} holds no case, expected one JSON object per line`)
  const { version, caseCount, isNew, sameAs } = await pushDataset(store, { name, cases })
  const note = !isNew ? ' (unchanged)' : sameAs === undefined ? '' : ` (the same as @${sameAs})`
  print(`${name}@${version}: ${caseCount} ${caseCount === 1 ? 'case' : 'cases'}${note}`)
}

async function pull(store: Store, reference: string, output: string | undefined): Promise<void> {
  if (output !== undefined) requireWritable(output)
  const found = await resolveDataset(store, { reference })
  if (found === undefined) {
    const known = (await listDatasets(store)).map(({ name, version }) => `${name}@${version}`)
    throw new UsageError(
      `there is no dataset "${reference}"; ${known.length === 0 ? 'none is stored yet' : `stored are: ${known.join(', ')}`}`,
    )
  }
  const cases = await getDatasetCases(store, { name: found.name, contentHash: found.contentHash })
  const text = cases.map((item) => `${stringifyExact(item)}\n`).join('')
  if (output === undefined) process.stdout.write(printedJson(text))
  else writeFileSync(output, text)
}

async function list(store: Store, json: boolean): Promise<void> {
  const datasets = await listDatasets(store)
  if (json) {
    printJson(datasets)
    return
  }
  if (datasets.length === 0) {
    print('no dataset yet: weir dataset push <file.jsonl> --name <name>')
    return
  }
  printTable(
    ['name', 'latest', 'cases', 'created'],
    datasets.map((row) => [
      row.name,
      `@${row.version}`,
      String(row.caseCount),
      new Date(row.created).toISOString(),
    ]),
  )
}
