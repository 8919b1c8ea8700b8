export { freePorts } from './testing/free-ports.ts'
export {
  type Completed,
  type Installation,
  newEnvironment,
  queryClickHouse,
  readClickHouseUrl,
  repository,
  run,
  startInstallation,
  temporaryHome,
  WEIR,
} from './testing/installation.ts'
export { createScratchProject, type ScratchProject } from './testing/scratch-project.ts'
export { mountSmallFilesystem } from './testing/small-filesystem.ts'
export { until } from './testing/until.ts'

declare module 'vitest' {
  /** What the global setups of `engines/src/testing/` provide to `inject()`. */
  export interface ProvidedContext {
    /** The URL of the project's ClickHouse. */
    clickhouseUrl: string
    /** The URL of the project's Valkey. */
    redisUrl: string
    /** The URL of the project's PostgreSQL. */
    postgresUrl: string
  }
}

/** A database name that no other test uses. */
export function testDatabase(): string {
  return `weir_test_${crypto.randomUUID().replaceAll('-', '')}`
}
