import { parseQuery } from '@weir/store/run-query'
import { expect, test } from 'vitest'
import { runsHref } from './runs-href.ts'

test.each(['ann', 'ann OR bob', '"', 'a*', '-x', ''])(
  'a link to the runs of user %j asks for that very name',
  (name) => {
    const { pathname, searchParams } = new URL(runsHref('user', name, { range: '7d' }), 'http://weir')
    expect([pathname, searchParams.get('source'), searchParams.get('range')]).toEqual(['/runs', 'any', '7d'])
    expect(parseQuery(searchParams.get('q')!)).toEqual({
      type: 'field',
      field: 'user',
      operator: ':',
      value: { type: 'pattern', text: name, before: false, after: false },
    })
  },
)
