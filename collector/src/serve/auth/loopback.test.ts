import { expect, test } from 'vitest'
import { isLoopback } from './loopback.ts'

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
