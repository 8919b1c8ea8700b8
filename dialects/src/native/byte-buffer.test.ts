import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readNative } from '../testing/native-reader.ts'
import { Block } from './block.ts'
import { TextColumn } from './text-column.ts'

/** What a String column reads back as after `write`. */
function roundTrip(write: (column: TextColumn) => void): unknown {
  const block = new Block([{ name: 'text', type: 'String' }])
  write(block.column('text', TextColumn))
  block.rows = 1
  return readNative(block.take())[0]!.text
}

const anyText = fc.string({ unit: 'binary', maxLength: 200 })

test('any text is written as UTF-8', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(roundTrip((column) => column.text(0, text))).toBe(text)
    }),
  )
})

test('any bytes are written as the UTF-8 that they are, or repaired', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), anyText, (noise, text) => {
      const bytes = Buffer.concat([noise, Buffer.from(text)])
      expect(roundTrip((column) => column.utf8(0, bytes, 0, bytes.length))).toBe(bytes.toString('utf8'))
    }),
  )
})

test('a column is only written the way of its type', () => {
  const block = new Block([{ name: 'id', type: 'FixedString(8)' }])
  expect(() => block.column('id', TextColumn)).toThrow('column id is FixedString(8), which is not written by')
  expect(() => block.column('missing', TextColumn)).toThrow('column missing is unknown')
  expect(() => new Block([{ name: 'odd', type: 'Date' }])).toThrow('column odd is Date')
})
