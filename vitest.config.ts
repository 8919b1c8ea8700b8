import { availableParallelism, totalmem } from 'node:os'
import { defineConfig } from 'vitest/config'
import { memoryDirectory } from './engines/src/testing/memory-directory.ts'

const exclude = ['**/node_modules/**', '**/dist/**', '**/.next/**']

/**
 * How long a test may take, and how long it waits for something: no statement about speed, since only what is broken takes
 * that long, on a slow machine too.
 */
const TIMEOUT = 300_000
const POLL = { timeout: 120_000 }

const GIB = 2 ** 30
/** Tests wait for half of their time: for processes, engines, each other. Some start all of Weir, which takes more than a gibibyte. */
const WORKERS = Math.max(
  2,
  Math.min(Math.ceil(1.5 * availableParallelism()), Math.floor(totalmem() / (4 * GIB))),
)

/** The demo records how long its programs really take: it is compared where nothing else runs, after all others. */
const DEMO = 'cli/src/demo/demo.e2e.test.ts'
const DEMO_IN_BROWSER = 'cli/src/e2e/whole-path.browser.test.ts'
const ALONE = { maxWorkers: 1, sequence: { groupOrder: 1 } }
/** Chromium gives up on a page after half a minute. */
const IN_PAIRS = { maxWorkers: 2, sequence: { groupOrder: 2 } }

const setupFiles = ['./collector/src/testing/temporary-directory.setup.ts']

/** The suffix of a test file says what it needs: `x.clickhouse.test.ts` needs ClickHouse, `x.test.ts` nothing. */
const needing = (name: string, globalSetup: string[] = []) => ({
  test: {
    name,
    include: [`**/*.${name}.test.ts`],
    exclude: [...exclude, DEMO],
    globalSetup,
    setupFiles,
    testTimeout: TIMEOUT,
    hookTimeout: TIMEOUT,
    expect: { poll: POLL },
  },
})

/** Where `os.tmpdir()` lies, for tests and all that they start. */
const memory = memoryDirectory()
if (memory !== undefined) process.env.TMPDIR = memory

const UNIT = ['**/*.test.ts', '**/*.test.tsx']
const NO_UNIT = [...exclude, '**/*.{clickhouse,redis,postgres,e2e,browser}.test.ts']
/** These set up OpenTelemetry, of which there is one in a process: a new test that does belongs here too. */
const WITH_SDK = [
  'sdk/**/*.test.ts',
  'dialects/src/columns/recorded-values.test.ts',
  'dialects/src/dialects/weir.test.ts',
  'evaluator/src/experiment/limits.test.ts',
  'evaluator/src/experiment/local.test.ts',
  'evaluator/src/local/durable-runs.test.ts',
  'evaluator/src/local/observed-clients.test.ts',
  'evaluator/src/local/recorder.test.ts',
  'evaluator/src/runner/judge-trial.test.ts',
  'evaluator/src/vitest.test.ts',
]

/** @param files with `isolate: false` they share modules, since importing them takes longer than most of these tests */
const unit = (name: string, files: { include: string[]; exclude: string[]; isolate?: boolean }) => ({
  test: { name, setupFiles, testTimeout: TIMEOUT, hookTimeout: TIMEOUT, expect: { poll: POLL }, ...files },
})

const report = process.env.WEIR_TEST_REPORT

export default defineConfig({
  test: {
    maxWorkers: WORKERS,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      unit('unit', { include: UNIT, exclude: [...NO_UNIT, ...WITH_SDK], isolate: false }),
      unit('unit-sdk', { include: WITH_SDK, exclude: NO_UNIT }),
      needing('clickhouse', ['./engines/src/testing/clickhouse.setup.ts']),
      needing('redis', ['./engines/src/testing/valkey.setup.ts']),
      needing('postgres', ['./engines/src/testing/postgres.setup.ts']),
      needing('e2e'),
      { test: { ...needing('demo').test, include: [DEMO], exclude, ...ALONE } },
      {
        test: {
          ...needing('browser').test,
          exclude: [...exclude, DEMO_IN_BROWSER],
          ...IN_PAIRS,
        },
      },
      {
        test: {
          ...needing('browser').test,
          name: 'browser-demo',
          include: [DEMO_IN_BROWSER],
          ...ALONE,
        },
      },
    ],
  },
})
