import { createRequire } from 'node:module'
import { Command } from 'commander'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

/** In the order of the help text. Loaded on demand: an engine's process needs none of what an evaluation needs. */
const COMMANDS: Record<string, () => Promise<(program: Command) => void>> = {
  up: async () => (await import('./commands/up.ts')).addUp,
  demo: async () => (await import('./commands/demo.ts')).addDemo,
  eval: async () => (await import('./commands/eval.ts')).addEval,
  compare: async () => (await import('./commands/compare.ts')).addCompare,
  baseline: async () => (await import('./commands/baseline.ts')).addBaseline,
  dataset: async () => (await import('./commands/dataset.ts')).addDataset,
  monitor: async () => (await import('./commands/monitor.ts')).addMonitor,
  runs: async () => (await import('./commands/runs.ts')).addRuns,
  export: async () => (await import('./commands/export.ts')).addExport,
  import: async () => (await import('./commands/import.ts')).addImport,
  sql: async () => (await import('./commands/sql.ts')).addSql,
  keys: async () => (await import('./commands/keys.ts')).addKeys,
  quarantine: async () => (await import('./commands/quarantine.ts')).addQuarantine,
  status: async () => (await import('./commands/status.ts')).addStatus,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctor,
  collector: async () => (await import('./commands/collector.ts')).addCollector,
  worker: async () => (await import('./commands/worker.ts')).addWorker,
  dashboard: async () => (await import('./commands/dashboard.ts')).addDashboard,
  engine: async () => (await import('./commands/engine.ts')).addEngine,
}

/** The program with the command named, or with all of them if there is no such command. */
export async function createProgram(name?: string): Promise<Command> {
  const program = new Command('weir')
    .description('Observability and evaluation for flows')
    .version(version)
    .exitOverride()
  const only = name === undefined ? undefined : COMMANDS[name]
  const loaders = only === undefined ? Object.values(COMMANDS) : [only]
  for (const add of await Promise.all(loaders.map((load) => load()))) add(program)
  pointToHelp(program, 'weir')
  return program
}

/** A wrong usage points to the help of the very command. */
function pointToHelp(command: Command, path: string): void {
  command.showHelpAfterError(`(see: ${path} --help)`)
  for (const child of command.commands) pointToHelp(child, `${path} ${child.name()}`)
}
