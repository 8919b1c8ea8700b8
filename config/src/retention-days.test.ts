import { expect, test } from 'vitest'
import { ConfigError, readVariables, wrongVariables } from './read-variables.ts'
import { daysOf } from './retention-days.ts'

const read = (days: string, payloads = '') =>
  readVariables('worker', { WEIR_RETENTION_DAYS: days, WEIR_PAYLOAD_RETENTION_DAYS: payloads })

test('days are those of all projects, but for those that are named', () => {
  const { retention, payloadRetention } = read('90, support=30,a=b=7,audit=forever')
  expect(['default', 'support', 'a=b', 'audit'].map((name) => daysOf(retention!, name))).toEqual([
    90,
    30,
    7,
    undefined,
  ])
  expect(payloadRetention).toBeUndefined()
  expect(daysOf(read('support=30').retention!, 'default')).toBeUndefined()
})

test.each(['-1', '0', 'abc', '1.5', '36501', '90,', '=3', 'support=', '7,8', 'a=1,a=2', '30d'])(
  '"%s" is refused with what was expected',
  (days) => {
    expect(() => read(days)).toThrow(ConfigError)
    expect(() => read(days)).toThrow(
      `WEIR_RETENTION_DAYS is ${JSON.stringify(days)}, expected days from 1 to 36500`,
    )
  },
)

test.each([
  [
    '7',
    '14',
    'WEIR_PAYLOAD_RETENTION_DAYS is "14", expected no more than 7: after so many days WEIR_RETENTION_DAYS removes all',
  ],
  ['90,shop=7', '5,shop=14', 'expected no more than 7 for project shop'],
])('everything for %s and payloads for %s is refused', (days, payloads, words) => {
  expect(() => read(days, payloads)).toThrow(words)
  const env = { WEIR_RETENTION_DAYS: days, WEIR_PAYLOAD_RETENTION_DAYS: payloads }
  expect(wrongVariables(env)).toMatchObject([{ variable: { name: 'WEIR_PAYLOAD_RETENTION_DAYS' } }])
})

test('payloads may be kept as long as all, and a project may lose all before others lose their payloads', () => {
  expect(read('14', '14').payloadRetention?.others).toBe(14)
  expect(read('90,shop=7', '14').payloadRetention?.others).toBe(14)
  expect(read('forever', '14').payloadRetention?.others).toBe(14)
})
