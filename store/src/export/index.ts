export type { ExportParams } from './export-traces.ts'
export { exportTraces } from './export-traces.ts'
export { findTracesOfRun } from './traces-of-run.ts'
