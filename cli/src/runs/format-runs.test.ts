import type { RunRow } from '@weir/store/pages'
import { expect, test } from 'vitest'
import { formatRuns } from './format-runs.ts'

const run = (of: Partial<RunRow>): RunRow =>
  ({
    ...{ startMs: 0, runId: 'r', flow: 'f', version: '', status: 'ok', durationNs: 1e9 },
    ...{ inputTokens: 5, outputTokens: 1, cost: 0, unpricedTokens: 0, errorType: '', errorMessage: '' },
    ...of,
  }) as RunRow

test.for([
  [0, 0, ''],
  [0.0123, 0, '$0.0123'],
  [0, 6, 'unknown'],
  [0.0123, 6, '≥ $0.0123'],
] as const)('a cost of $%d, where %d tokens have no price, is "%s"', ([cost, unpricedTokens, text]) => {
  const [, line] = formatRuns([run({ cost, unpricedTokens })])
  expect(line).toMatch(new RegExp(` 6 *${text.replaceAll('$', '\\$')}$`))
})
