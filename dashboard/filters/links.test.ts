import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareHref, flowHref, runHref } from './links.ts'
import { isReadablePath, pathValue } from './path-value.ts'

test('names with slashes, spaces and percent signs are one segment of the path', () => {
  expect(flowHref('a/b c%2F')).toBe('/flows/a%2Fb%20c%252F')
  expect(runHref('0f-1', 'ab')).toBe('/runs/0f-1?span=ab')
  expect(compareHref('f', 'version=1', 'version=2')).toBe(
    '/compare?flow=f&base=version%3D1&candidate=version%3D2',
  )
})

test('the name of a flow comes back from its address', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', minLength: 1 }).filter((name) => name.isWellFormed()),
      (name) => {
        expect(pathValue(flowHref(name).slice('/flows/'.length))).toBe(name)
      },
    ),
  )
})

test.each(['/flows/100%', '/flows/%E0%A4%A', '/runs/%zz'])('%s is not an address', (path) => {
  expect(isReadablePath(path)).toBe(false)
})

test('what links write can be read', () => {
  expect(isReadablePath(flowHref('100% of "ü/\u{1F30A}"'))).toBe(true)
})
