import { STATUSES } from '@weir/store/run-model'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Filters, filterProblem, filtersQuery, parseFilters, SOURCES } from './filters.ts'
import { PRESETS } from './time-range.ts'

const read = (query: string) => parseFilters(Object.fromEntries(new URLSearchParams(query)))

test('a page without parameters shows the last 24 hours of production, and needs none again', () => {
  const filters = read('')
  expect(filters).toEqual({
    range: { preset: '24h' },
    flow: '',
    environment: '',
    version: '',
    status: '',
    source: 'production',
    search: '',
  })
  expect(filtersQuery(filters)).toBe('')
})

test('an unknown status, source or range is a problem in words', () => {
  expect(filterProblem({})).toBe('')
  expect(filterProblem({ status: 'broken' })).toMatch(/^There is no status “broken”\. Expected /)
  expect(filterProblem({ source: 'elsewhere' })).toMatch(/^There is no source “elsewhere”\. Expected /)
  expect(filterProblem({ range: '1y' })).toMatch(/^The time range cannot be read\. Expected range=/)
})

test('runs of experiments are shown where asked for, and the address says so', () => {
  expect(read('source=experiment').source).toBe('experiment')
  expect(filtersQuery(read(''), { source: 'any' })).toBe('?source=any')
  expect(filtersQuery(read('source=production'))).toBe('')
})

test('a repeated parameter counts once, by its first value', () => {
  expect(parseFilters({ environment: ['prod', 'dev'] }).environment).toBe('prod')
})

test('changes go into the query beside what is kept', () => {
  expect(filtersQuery(read('environment=prod&range=7d'), { status: 'error' })).toBe(
    '?range=7d&environment=prod&status=error',
  )
})

const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((value) => value.isWellFormed())
const instant = fc.integer({ min: 0, max: 4e12 })
const anyFilters: fc.Arbitrary<Filters> = fc.record({
  range: fc.oneof(
    fc.constantFrom(...PRESETS.map(({ id }) => ({ preset: id }))),
    fc
      .tuple(instant, instant)
      .filter(([a, b]) => a < b)
      .map(([fromMs, toMs]) => ({ preset: 'fixed' as const, fromMs, toMs })),
  ),
  flow: text,
  environment: text,
  version: text,
  status: fc.constantFrom('' as const, ...STATUSES),
  source: fc.constantFrom(...SOURCES),
  search: text.map((value) => value.trim()),
})

test('filters survive the URL, whatever their values contain', () => {
  fc.assert(
    fc.property(anyFilters, (filters) => {
      expect(read(filtersQuery(filters))).toEqual(filters)
    }),
  )
})
