import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readNative } from '../testing/native-reader.ts'
import { Block } from './block.ts'

/** What a String column reads back as after `write`. */
function roundTrip(write: (column: ReturnType<Block['plain']>) => void): unknown {
  const block = new Block([{ name: 'text', type: 'LowCardinality(String)' }])
  write(block.plain('text'))
  block.rows = 1
  return readNative(block.take())[0]!.text
}

const anyText = fc.string({ unit: 'binary', maxLength: 200 })

test('any text is written as UTF-8', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(roundTrip((column) => column.text(text))).toBe(text)
    }),
  )
})

test('any bytes are written as the UTF-8 that they are, or repaired', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), anyText, (noise, text) => {
      const bytes = Buffer.concat([noise, Buffer.from(text)])
      expect(roundTrip((column) => column.utf8(bytes, 0, bytes.length))).toBe(bytes.toString('utf8'))
    }),
  )
})

test('a column is only written the way of its type', () => {
  const block = new Block([{ name: 'map', type: 'Map(LowCardinality(String), String)' }])
  expect(() => block.plain('map')).toThrow('column map is Map(String, String), which is written another way')
  expect(() => block.map('missing')).toThrow('column missing is unknown')
})
