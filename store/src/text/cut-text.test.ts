import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutText } from './cut-text.ts'

test('a cut falls between two characters', () => {
  expect(cutText('ab😀c', 3)).toBe('ab')
  expect(cutText('ab😀c', 4)).toBe('ab😀')
  expect(cutText('😀', 0)).toBe('')
})

test('the beginning of any text is well-formed, and as long as whole characters allow', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '\uffff', '😀', '\u{10ffff}') }),
      fc.nat(30),
      (text, length) => {
        const cut = cutText(text, length)
        expect(text.startsWith(cut)).toBe(true)
        expect(cut.isWellFormed()).toBe(true)
        expect(cut.length).toBeGreaterThanOrEqual(Math.min(text.length, length) - 1)
        expect(cut.length).toBeLessThanOrEqual(length)
      },
    ),
  )
})

test('half an emoji that was there before stays what it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '\ud83d', '\ude00') }), fc.nat(12), (text, length) => {
      expect(text.startsWith(cutText(text, length))).toBe(true)
    }),
  )
})
