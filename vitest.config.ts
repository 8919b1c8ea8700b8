import { defineConfig } from 'vitest/config'

const exclude = ['**/node_modules/**', '**/dist/**', '**/.next/**']

/** The suffix of a test file says what it needs: `x.clickhouse.test.ts` needs ClickHouse, `x.test.ts` nothing. */
const needing = (name: string, globalSetup: string[] = [], timeout = 30_000) => ({
  test: {
    name,
    include: [`**/*.${name}.test.ts`],
    exclude,
    globalSetup,
    testTimeout: timeout,
    hookTimeout: timeout,
  },
})

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts', '**/*.test.tsx'],
          exclude: [...exclude, '**/*.{clickhouse,redis,e2e,browser}.test.ts'],
        },
      },
      needing('clickhouse', ['./engines/src/testing/clickhouse.setup.ts'], 60_000),
      needing('redis', ['./engines/src/testing/valkey.setup.ts'], 60_000),
      needing('e2e', [], 300_000),
      needing('browser', [], 300_000),
    ],
  },
})
