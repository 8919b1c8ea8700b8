import { expect, test } from 'vitest'
import { isTrustedHost } from './trusted-host.ts'

test.each(['127.0.0.1:3000', 'localhost:3000', 'LOCALHOST', '[::1]:3000', 'weir.localhost:3000'])(
  'on loopback, %s is us',
  (host) => {
    expect(isTrustedHost(host, '127.0.0.1')).toBe(true)
  },
)

test.each([
  'attacker.example:3000',
  'localhost.attacker.example',
  '127.0.0.1.attacker.example',
  '192.168.0.7',
  null,
])('on loopback, %s is not', (host) => {
  expect(isTrustedHost(host, '127.0.0.1')).toBe(false)
})

test.each(['0.0.0.0', '::', '192.168.0.7', 'weir.internal'])(
  'bound to %s, any name is allowed',
  (boundTo) => {
    expect(isTrustedHost('weir.example:3000', boundTo)).toBe(true)
  },
)

test.each(['localhost', '::1', '127.0.0.2'])('bound to %s, other names are refused', (boundTo) => {
  expect(isTrustedHost('weir.example:3000', boundTo)).toBe(false)
  expect(isTrustedHost('127.0.0.2:3000', boundTo)).toBe(true)
})
