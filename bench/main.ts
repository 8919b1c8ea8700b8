// `npm run bench` runs the usual benchmarks, `npm run bench -- <name>...` the ones named, and prints their tables.
import { availableParallelism, cpus, totalmem } from 'node:os'

interface Benchmark {
  readonly name: string
  /** Measures, and returns a Markdown table. */
  run(): Promise<string>
}

/** Run where none is named. */
const usual: Record<string, () => Promise<Benchmark>> = {
  'sdk-step': () => import('./sdk-step.ts'),
  'sdk-import': () => import('./sdk-import.ts'),
  decoding: () => import('./decoding.ts'),
  dialects: () => import('./dialects.ts'),
  ingest: () => import('./ingest.ts'),
  queries: () => import('./queries.ts'),
  start: () => import('./start.ts'),
  pages: () => import('./pages.ts'),
}
/** The others run only where they are named: they take long, or need reading. */
const benchmarks: Record<string, () => Promise<Benchmark>> = {
  ...usual,
  'ingest-steady': () => import('./ingest-steady.ts'),
  'ingest-profile': () => import('./ingest-profile.ts'),
  storage: () => import('./storage.ts'),
  'large-trace': () => import('./large-trace.ts'),
  settle: () => import('./settle.ts'),
  retention: () => import('./retention.ts'),
  faults: () => import('./faults.ts'),
  verdicts: () => import('./verdicts.ts'),
  evaluations: () => import('./evaluations.ts'),
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in benchmarks))
if (unknown.length > 0) {
  console.error(
    `bench: unknown benchmark ${unknown.join(', ')}, expected ${Object.keys(benchmarks).join(', ')}`,
  )
  process.exit(2)
}

console.log(
  `Node ${process.version}, ${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown CPU'}, ` +
    `${Math.round(totalmem() / 2 ** 30)} GiB, ${new Date().toISOString().slice(0, 10)}`,
)
for (const name of wanted.length > 0 ? wanted : Object.keys(usual)) {
  const benchmark = await benchmarks[name]!()
  console.log(`\n## ${benchmark.name}\n`)
  console.log(await benchmark.run())
}
