import { ConfigError } from '@weir/config'
import { expect, test } from 'vitest'
import { storeOptionsFromEnv } from './config.ts'

test('defaults to the embedded engine', () => {
  expect(storeOptionsFromEnv({})).toEqual({
    url: 'http://127.0.0.1:8123',
    database: 'weir',
    project: 'default',
  })
})

test('reads the variables', () => {
  const env = {
    WEIR_CLICKHOUSE_URL: 'https://u:p@db:8443',
    WEIR_CLICKHOUSE_DATABASE: 'other',
    WEIR_PROJECT: 'p',
  }
  expect(storeOptionsFromEnv(env)).toEqual({ url: 'https://u:p@db:8443', database: 'other', project: 'p' })
})

test.each([
  ['WEIR_CLICKHOUSE_URL', 'tcp://db:9000'],
  ['WEIR_CLICKHOUSE_URL', 'localhost:8123'],
  ['WEIR_CLICKHOUSE_DATABASE', 'a-b; DROP'],
  ['WEIR_CLICKHOUSE_DATABASE', '1a'],
  ['WEIR_PROJECT', ' '],
])('refuses %s=%s and names the variable', (variable, value) => {
  expect(() => storeOptionsFromEnv({ [variable]: value })).toThrow(ConfigError)
  expect(() => storeOptionsFromEnv({ [variable]: value })).toThrow(variable)
})
