import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareHref, flowHref, runHref } from './links.ts'
import { nameParameter, parameterName } from './name-parameter.ts'
import { canonicalPath, isReadablePath, pathValue } from './path-value.ts'

test('names with slashes, spaces and percent signs are one segment of the path', () => {
  expect(flowHref('a/b c%2F')).toBe('/flows/a~2Fb%20c~252F')
  expect(runHref('0f-1', 'ab')).toBe('/runs/0f-1?span=ab')
  expect(compareHref('f', 'version=1', 'version=2')).toBe(
    '/compare?flow=f&base=version%3D1&candidate=version%3D2',
  )
})

const names = fc.oneof(
  fc.string({ unit: 'binary' }).filter((name) => name.isWellFormed()),
  fc.string({ unit: fc.constantFrom('%', '2', '5', 'F', '~', '.', '/', '\\', '?', '#', '\0', ',') }),
)

test('a name comes back from its address, decoded once or twice, which is a path that browsers leave alone', () => {
  fc.assert(
    fc.property(names, (name) => {
      const href = flowHref(name)
      const segment = href.slice('/flows/'.length)
      expect(pathValue(segment)).toBe(name)
      expect(pathValue(decodeURIComponent(segment))).toBe(name)
      expect(new URL(href, 'http://weir').pathname).toBe(href)
      expect(canonicalPath(href)).toBe(href)
    }),
  )
})

test('a name comes back from an address that somebody else has encoded', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('%', '2', '5', '/', 'a') }).filter((name) => name !== ''),
      (name) => {
        expect(pathValue(canonicalPath(encodeURIComponent(name)))).toBe(name)
      },
    ),
  )
})

test('a name comes back from a parameter, and none stands for any', () => {
  expect(parameterName('')).toBeUndefined()
  fc.assert(
    fc.property(names, (name) => {
      expect(nameParameter(name)).not.toBe('')
      expect(parameterName(nameParameter(name))).toBe(name)
    }),
  )
})

test.each(['/flows/100%', '/flows/%E0%A4%A', '/runs/%zz'])('%s is not an address', (path) => {
  expect(isReadablePath(path)).toBe(false)
})

test('what links write can be read', () => {
  expect(isReadablePath(flowHref('100% of "ü/\u{1F30A}"'))).toBe(true)
})
