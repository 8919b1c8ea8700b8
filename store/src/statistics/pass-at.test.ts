import fc from 'fast-check'
import { expect, test } from 'vitest'
import { passAt } from './pass-at.ts'

const of = (trials: number, passed: readonly number[]) => passed.map((c) => ({ trials, passed: c }))
const FEW = of(5, [0, 1, 3, 5, 4, 4, 2])
const MANY = [...of(200, [0, 1, 7, 99, 150, 199, 200]), ...of(120, [60])]

/**
 * By Python 3.11 with exact fractions and statsmodels 0.15.0, of `cases` of (n, c):
 *
 *     every = sum(Fraction(comb(c, k), comb(n, k)) for n, c in cases) / len(cases)
 *     some = 1 - sum(Fraction(comb(n - c, k), comb(n, k)) for n, c in cases) / len(cases)
 *     [share, *proportion_confint(share * len(cases), len(cases), method='wilson')] # of both
 */
const BY_PYTHON: [typeof FEW, number, number[]][] = [
  [
    FEW,
    1,
    [
      0.5428571428571428, 0.23075001447788168, 0.8245930910878306, 0.5428571428571428, 0.23075001447788168,
      0.8245930910878306,
    ],
  ],
  [
    FEW,
    2,
    [
      0.7142857142857143, 0.3589344518326191, 0.9177810759959432, 0.37142857142857144, 0.12577969429692526,
      0.7081909890059372,
    ],
  ],
  [
    FEW,
    5,
    [
      0.8571428571428571, 0.4868721707256809, 0.9743203756552563, 0.14285714285714285, 0.02567962434474355,
      0.5131278292743189,
    ],
  ],
  [
    MANY,
    10,
    [
      0.6692616291426933, 0.3408142043004422, 0.8878895481080252, 0.2504296399491456, 0.07167889500674463,
      0.5911054104341283,
    ],
  ],
  [
    MANY,
    100,
    [
      0.8116238896552266, 0.46595217453718113, 0.9551093103678818, 0.1875, 0.04454391379951553,
      0.5332108142529097,
    ],
  ],
]

test.each(BY_PYTHON)('as Python says, case %#', (cases, k, expected) => {
  const { any, anyInterval, all, allInterval } = passAt(cases, k)!
  const found = [any, anyInterval.low, anyInterval.high, all, allInterval.low, allInterval.high]
  expect(found).toEqual(expected.map((value) => expect.closeTo(value, 10)))
})

test('a case with fewer trials than k tells nothing of k', () => {
  const cases = [
    { trials: 3, passed: 3 },
    { trials: 2, passed: 2 },
  ]
  expect(passAt(cases, 2)).toMatchObject({ any: 1, all: 1 })
  expect(passAt(cases, 3)).toBeUndefined()
  expect(passAt([], 1)).toBeUndefined()
})

test('property: of one trial both are the pass rate; of more, one of them rises and the other falls', () => {
  const trials = 8
  const cases = fc.array(
    fc.integer({ min: 0, max: trials }).map((passed) => ({ trials, passed })),
    { minLength: 1 },
  )
  fc.assert(
    fc.property(cases, (some) => {
      const rate = some.reduce((sum, { passed }) => sum + passed, 0) / some.length / trials
      const by = Array.from({ length: trials }, (_, i) => passAt(some, i + 1)!)
      expect(by[0]!.any).toBeCloseTo(rate, 12)
      expect(by[0]!.all).toBeCloseTo(rate, 12)
      for (let k = 1; k < trials; k++) {
        expect(by[k]!.any).toBeGreaterThanOrEqual(by[k - 1]!.any - 1e-12)
        expect(by[k]!.all).toBeLessThanOrEqual(by[k - 1]!.all + 1e-12)
      }
    }),
  )
})
