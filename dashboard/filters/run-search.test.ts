import { printQuery } from '@weir/store/run-query'
import { expect, test } from 'vitest'
import { parseRunSearch } from './run-search.ts'

const NOW = Date.UTC(2026, 10, 29)
const HOUR = 3_600_000
const read = (parameters: string) => parseRunSearch(new URLSearchParams(parameters), NOW)

test('without parameters it is the newest 50 runs of the last 24 hours', () => {
  expect(read('')).toEqual({
    from: new Date(NOW - 24 * HOUR),
    to: new Date(NOW),
    aheadMs: 600_000,
    query: { type: 'all' },
    order: 'newest',
    limit: 50,
    project: undefined,
    cursor: undefined,
  })
})

test('what is given is taken as it is', () => {
  const search = read('project=shop&q=flow%3Aa%20duration%3E3s&last=90m&order=slowest&limit=500&cursor=abc')
  expect(search).toMatchObject({ project: 'shop', order: 'slowest', limit: 500, cursor: 'abc' })
  expect([printQuery(search.query!), search.from]).toEqual(['flow:a duration>3s', new Date(NOW - 1.5 * HOUR)])
  expect(read('from=2026-11-01&to=2026-11-02T03:04')).toMatchObject({
    from: new Date(Date.UTC(2026, 10, 1)),
    to: new Date(Date.UTC(2026, 10, 2, 3, 4)),
    aheadMs: 0,
  })
  expect(read('from=2026-11-28T23:00:00%2B01:00').from).toEqual(new Date(Date.UTC(2026, 10, 28, 22)))
})

test.each([
  ['q=duration>3', 'q: column 10: expected a duration with its unit'],
  ['q=%22a', 'q: column 1'],
  ['query=a', 'there is no parameter "query", expected project, q,'],
  ['q=a&q=b', 'q is given more than once'],
  ['limit=0', 'limit is "0", expected a whole number from 1 to 500'],
  ['limit=501', 'limit is "501"'],
  ['limit=ten', 'limit is "ten"'],
  ['order=best', 'order is "best", expected one of newest,'],
  ['last=1y', 'last: '],
  ['last=1h&from=2026-11-01', 'last is given beside from or to'],
  ['from=yesterday', 'from is "yesterday", expected an instant as in'],
  ['from=5', 'from is "5", expected an instant as in'],
  ['from=1960-01-01&to=1961-01-01', 'is beyond what can be shown: 1970-01-01T00:00'],
  ['from=2263-01-01&to=2264-01-01', 'is beyond what can be shown'],
  ['last=30000d', 'is beyond what can be shown'],
  ['from=2026-11-02&to=2026-11-01', 'ends before it has begun'],
])('%s is refused in words', (parameters, words) => {
  expect(() => read(parameters.replace('>', '%3E'))).toThrow(words)
})
