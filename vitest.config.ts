import { defineConfig } from 'vitest/config'
import { memoryDirectory } from './engines/src/testing/memory-directory.ts'

const exclude = ['**/node_modules/**', '**/dist/**', '**/.next/**']

/**
 * How long a test may take, and how long it waits for something: no statement about speed, since only what is broken takes
 * that long, on a slow machine too.
 */
const TIMEOUT = 300_000
const POLL = { timeout: 120_000 }

/** The demo records how long its programs really take: it is compared where nothing else runs, after all others. */
const DEMO = 'cli/src/demo/demo.e2e.test.ts'
const ALONE = { maxWorkers: 1, sequence: { groupOrder: 1 } }

/** The suffix of a test file says what it needs: `x.clickhouse.test.ts` needs ClickHouse, `x.test.ts` nothing. */
const needing = (name: string, globalSetup: string[] = []) => ({
  test: {
    name,
    include: [`**/*.${name}.test.ts`],
    exclude: [...exclude, DEMO],
    globalSetup,
    testTimeout: TIMEOUT,
    hookTimeout: TIMEOUT,
    expect: { poll: POLL },
  },
})

/** Where `os.tmpdir()` lies, for tests and all that they start. */
const memory = memoryDirectory()
if (memory !== undefined) process.env.TMPDIR = memory

const report = process.env.WEIR_TEST_REPORT

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts', '**/*.test.tsx'],
          exclude: [...exclude, '**/*.{clickhouse,redis,e2e,browser}.test.ts'],
          testTimeout: TIMEOUT,
          hookTimeout: TIMEOUT,
          expect: { poll: POLL },
        },
      },
      needing('clickhouse', ['./engines/src/testing/clickhouse.setup.ts']),
      needing('redis', ['./engines/src/testing/valkey.setup.ts']),
      needing('e2e'),
      { test: { ...needing('demo').test, include: [DEMO], exclude, ...ALONE } },
      { test: { ...needing('browser').test, ...ALONE } },
    ],
  },
})
