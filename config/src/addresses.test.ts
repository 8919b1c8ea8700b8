import { expect, test } from 'vitest'
import { collectorUrl, isLoopback, reachableHost } from './addresses.ts'
import { readVariables } from './read-variables.ts'

test.for([
  ['127.0.0.1', true],
  ['127.8.9.10', true],
  ['::1', true],
  ['0:0:0:0:0:0:0:1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.7', false],
  ['128.0.0.1', false],
  ['localhost.example.com', false],
  ['127.0.0.1.example.com', false],
] as const)('%s: %s', ([host, expected]) => {
  expect(isLoopback(host)).toBe(expected)
})

test('reachableHost gives an address that a client can connect to', () => {
  expect(['0.0.0.0', '::', '::1', '10.0.0.7'].map(reachableHost)).toEqual([
    '127.0.0.1',
    '[::1]',
    '[::1]',
    '10.0.0.7',
  ])
})

test('the endpoint is where applications reach the collector', () => {
  const urlOf = (env: Record<string, string>) => collectorUrl(readVariables('dashboard', env))
  expect(urlOf({})).toBe('http://127.0.0.1:4318')
  expect(urlOf({ WEIR_HOST: '0.0.0.0', WEIR_OTLP_HTTP_PORT: '5000' })).toBe('http://127.0.0.1:5000')
  expect(urlOf({ WEIR_ENDPOINT: 'https://weir.example' })).toBe('https://weir.example')
})

test('a wrong port is named with its value', () => {
  expect(() => collectorUrl(readVariables('dashboard', { WEIR_OTLP_HTTP_PORT: 'x' }))).toThrow(
    'WEIR_OTLP_HTTP_PORT is "x", expected a port from 1 to 65535',
  )
})
