import type { Comparison } from '@weir/store/compare'
import { expect, test } from 'vitest'
import { comparisonExitCode } from './exit-code.ts'

function comparison(verdict: Comparison['verdict'], candidateRuns = 40) {
  const side = { side: '', scope: '', unfinished: 0, total: 30 }
  return {
    verdict,
    sentence: 'what was found',
    base: { ...side, label: 'version 1', runs: 40 },
    candidate: { ...side, label: 'version 2', runs: candidateRuns },
  }
}

test('a regression fails where it shall', () => {
  expect(comparisonExitCode(comparison('regression'), 'regression')).toBe(1)
  expect(comparisonExitCode(comparison('regression'), undefined)).toBe(0)
  expect(comparisonExitCode(comparison('no clear change'), 'regression')).toBe(0)
  expect(comparisonExitCode(comparison('improvement'), 'regression')).toBe(0)
})

test('what could not be told is never a pass', () => {
  const tell = (runs: number, failOn?: 'regression') => () =>
    comparisonExitCode(comparison('needs more runs', runs), failOn)
  expect(tell(40, 'regression')).toThrow(expect.objectContaining({ exitCode: 3, message: 'what was found' }))
  expect(tell(0)).toThrow(expect.objectContaining({ exitCode: 3, message: 'no finished run of version 2' }))
  expect(tell(40)()).toBe(0)
})
