import type { Disk, GroupResult } from './matrix.ts'
import { type Measured, quantile } from './measure.ts'
import type { Split } from './split.ts'

/** Columns smaller than this part of a table are added up. */
const SMALL = 0.01

/** Cost and times of every load, as two tables. */
export function describeLoads(results: readonly GroupResult[], floors: ReadonlyMap<string, number>): string {
  const rows = results.flatMap(({ group, loads }) =>
    loads.map((load) => ({ load, label: labelOf(load), floor: floors.get(group.shape) ?? Number.NaN })),
  )
  const floor = [...floors].map(([shape, cost]) => `${shape} ${cost.toFixed(2)} us`).join(', ')
  return [
    `CPU in microseconds per span, until all was stored, settled and merged; floor, the engine loading one Native file: ${floor}.`,
    '',
    markdown(
      ['', 'spans', 'spans/s acked', ...PROCESSES, 'other', '**all**', 'x floor', '(idle)', '(generator)'],
      rows.map(({ load, label, floor }) => [
        label,
        count(load.spans),
        count(load.spansPerSecond),
        ...costs(load, floor),
      ]),
    ),
    '',
    markdown(
      [
        '',
        'ack p50',
        'ack p99',
        'queryable p50',
        'p99',
        'run settled p50',
        'p99',
        'collector RSS',
        'engine RSS',
        'sent again',
      ],
      rows.map(({ load, label }) => [label, ...times(load)]),
    ),
  ].join('\n')
}

/** What the CPU is spent on. */
export function describeSplit({ spans, collector, storing, settling }: Split): string {
  return (
    `Storing and settling one after the other, ${count(spans)} spans, microseconds of CPU per span: collector ${collector.toFixed(2)}, ` +
    `engine storing and merging ${storing.toFixed(2)}, engine and worker settling ${settling.toFixed(2)}.`
  )
}

/** Where the bytes of the stored spans are. */
export function describeDisk({ spans, tables, columns }: Disk): string {
  const perSpan = (bytes: number) => (bytes / spans).toFixed(1)
  const total = (of: Disk['tables']) => of.reduce((sum, { bytes }) => sum + bytes, 0)
  const limit = total(columns) * SMALL
  const large = columns.filter(({ bytes }) => bytes >= limit)
  const small = columns.filter(({ bytes }) => bytes < limit)
  return [
    `${count(spans)} spans on the disk, bytes per span: ${perSpan(total(tables))} in all tables.`,
    '',
    markdown(
      ['table', 'B/span'],
      tables.filter(({ bytes }) => bytes > 0).map(({ name, bytes }) => [`\`${name}\``, perSpan(bytes)]),
    ),
    '',
    markdown(
      ['column of `spans`', 'B/span'],
      [
        ...large.map(({ name, bytes }) => [`\`${name}\``, perSpan(bytes)]),
        [`${small.length} more`, perSpan(total(small))],
      ],
    ),
  ].join('\n')
}

export const PROCESSES = ['collector', 'clickhouse', 'worker'] as const

function labelOf({ plan }: Measured): string {
  const shape = plan.shape === 'plain' ? 'plain, ' : ''
  const { encoding, gzip, batch, connections } = plan
  return `${shape}${encoding}${gzip ? ' gzip' : ''}, ${count(batch)} x ${connections}`
}

function costs({ cpu, cpuOfAll, cpuOfIdle, generatorCpu }: Measured, floor: number): string[] {
  const named = PROCESSES.map((name) => cpu.get(name) ?? 0)
  const other = cpuOfAll - named.reduce((sum, cost) => sum + cost, 0)
  const cells = [...named, other].map((cost) => cost.toFixed(2))
  return [
    ...cells,
    `**${cpuOfAll.toFixed(2)}**`,
    (cpuOfAll / floor).toFixed(2),
    cpuOfIdle.toFixed(2),
    generatorCpu.toFixed(2),
  ]
}

function times({ acks, lags, rss }: Measured): string[] {
  return [
    ...[0.5, 0.99].map((q) => `${quantile(acks.milliseconds, q).toFixed(1)} ms`),
    ...[0.5, 0.99].map((q) => `${(quantile(lags.queryable, q) / 1000).toFixed(1)} s`),
    ...[0.5, 0.99].map((q) => `${(quantile(lags.settled, q) / 1000).toFixed(1)} s`),
    ...['collector', 'clickhouse'].map((name) => megabytes(rss.get(name) ?? 0)),
    count(acks.retries),
  ]
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '\n',
  )
}
