import { defineConfig } from 'vitest/config'

const exclude = ['**/node_modules/**', '**/dist/**', '**/.next/**']

/**
 * How long a test may take, and how long it waits for something: no statement about speed, since only what is broken takes
 * that long, on a slow machine too.
 */
const TIMEOUT = 300_000
const POLL = { timeout: 120_000 }

/** The suffix of a test file says what it needs: `x.clickhouse.test.ts` needs ClickHouse, `x.test.ts` nothing. */
const needing = (name: string, options: { globalSetup?: string[]; alone?: boolean } = {}) => ({
  test: {
    name,
    include: [`**/*.${name}.test.ts`],
    exclude,
    globalSetup: options.globalSetup ?? [],
    testTimeout: TIMEOUT,
    hookTimeout: TIMEOUT,
    expect: { poll: POLL },
    // Whole installations fill both cores: one at a time, after everything else.
    ...(options.alone ? { maxWorkers: 1, sequence: { groupOrder: 1 } } : {}),
  },
})

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
      needing('clickhouse', { globalSetup: ['./engines/src/testing/clickhouse.setup.ts'] }),
      needing('redis', { globalSetup: ['./engines/src/testing/valkey.setup.ts'] }),
      needing('e2e', { alone: true }),
      needing('browser', { alone: true }),
    ],
  },
})
