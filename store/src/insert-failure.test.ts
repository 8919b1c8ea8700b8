import { expect, test } from 'vitest'
import { insertFailureOf } from './insert-failure.ts'

test.for([
  ['too many parts', 500, 252, 'busy'],
  ['no such table yet', 404, 60, 'busy'],
  ['a wrong password', 403, 516, 'busy'],
  ['no room on its disk', 500, 243, 'busy'],
  ['a proxy without ClickHouse behind it', 502, undefined, 'busy'],
  ['a body that is too large for a proxy', 413, undefined, 'unclear'],
  ['memory, which a smaller insert may not need', 500, 241, 'unclear'],
  ['a bug of the server', 500, 49, 'unclear'],
  ['a block that ends too early', 500, 33, 'poison'],
  ['a column that the table does not have', 404, 16, 'poison'],
  ['a value that does not fit', 400, 53, 'poison'],
] as const)('%s: %i, %i, %s', ([, status, code, failure]) => {
  expect(insertFailureOf(status, code)).toBe(failure)
})
