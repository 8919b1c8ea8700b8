import { expect, test } from 'vitest'
import { comparePassRates } from './pass-rates.ts'

const cases = (passed: number, failed: number) =>
  Array.from({ length: passed + failed }, (_, i) => ({ caseId: `case-${i}`, passed: i < passed }))

test('the same cases: those that changed decide', () => {
  const result = comparePassRates(cases(20, 0), cases(12, 8))
  expect(result).toMatchObject({ paired: 20, basePassRate: 1, candidatePassRate: 0.6, verdict: 'worse' })
  expect(result.broke).toHaveLength(8)
  expect(result.p).toBeCloseTo(2 / 2 ** 8, 12)
  expect(comparePassRates(cases(12, 8), cases(20, 0))).toMatchObject({ verdict: 'better', broke: [] })
})

test('five changed cases are never enough', () => {
  const { p, verdict } = comparePassRates(cases(20, 0), cases(15, 5))
  expect(p).toBeCloseTo(0.0625, 12)
  expect(verdict).toBe('no clear change')
})

test('a case passes if all of its trials do', () => {
  const trials = [
    { caseId: 'a', passed: true },
    { caseId: 'a', passed: false },
    { caseId: 'b', passed: true },
  ]
  expect(comparePassRates(trials, trials)).toMatchObject({ paired: 2, baseCases: 2, basePassRate: 0.5, p: 1 })
})

test('without common cases only the unpaired difference is given', () => {
  const other = cases(5, 5).map((one) => ({ ...one, caseId: `other-${one.caseId}` }))
  const result = comparePassRates(cases(10, 0), other)
  expect(result).toMatchObject({ paired: 0, p: null, verdict: 'no clear change' })
  expect(result.difference?.value).toBe(-0.5)
  expect(result.difference!.low).toBeGreaterThan(-0.9)
  expect(result.difference!.high).toBeLessThan(-0.1)
})

test('nothing on one side', () => {
  expect(comparePassRates([], cases(1, 0))).toMatchObject({ basePassRate: null, difference: null, p: null })
})
