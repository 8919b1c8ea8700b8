import { defineConfig } from 'vitest/config'

const exclude = ['**/node_modules/**', '**/dist/**', '**/.next/**']

/** The suffix of a test file says what it needs: `x.clickhouse.test.ts` needs ClickHouse, `x.test.ts` nothing. */
const needing = (name: string, options: { globalSetup?: string[]; timeout: number; alone?: boolean }) => ({
  test: {
    name,
    include: [`**/*.${name}.test.ts`],
    exclude,
    globalSetup: options.globalSetup ?? [],
    testTimeout: options.timeout,
    hookTimeout: options.timeout,
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
          // Property tests and simulations take seconds where a machine is slow.
          testTimeout: 30_000,
        },
      },
      needing('clickhouse', { globalSetup: ['./engines/src/testing/clickhouse.setup.ts'], timeout: 60_000 }),
      needing('redis', { globalSetup: ['./engines/src/testing/valkey.setup.ts'], timeout: 60_000 }),
      needing('e2e', { timeout: 300_000, alone: true }),
      needing('browser', { timeout: 300_000, alone: true }),
    ],
  },
})
