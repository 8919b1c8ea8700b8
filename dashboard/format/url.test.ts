import { expect, test } from 'vitest'
import { withoutCredentials } from './url.ts'

test('a shown URL has no credentials', () => {
  expect(withoutCredentials('http://weir:secret@db:8123/')).toBe('http://db:8123/')
})
