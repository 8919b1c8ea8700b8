import { ConfigError } from '@weir/config'
import { expect, test } from 'vitest'
import { collectorSettingsFromEnv } from './config.ts'

test('defaults', () => {
  expect(collectorSettingsFromEnv({})).toEqual({
    host: '127.0.0.1',
    allowedHosts: [],
    port: 4318,
    grpcPort: 4317,
    logLevel: 'info',
    corsOrigins: [],
    maxBodyBytes: 64 * 1024 * 1024,
    maxPendingBytes: 256 * 1024 * 1024,
    walMaxBytes: 8 * 1024 * 1024 * 1024,
    maxFieldBytes: 4 * 1024 * 1024,
  })
})

test('from the environment', () => {
  const env = {
    WEIR_HOST: '0.0.0.0',
    WEIR_ALLOWED_HOSTS: 'collector, Weir.example.com:443',
    WEIR_OTLP_HTTP_PORT: '5318',
    WEIR_MAX_BODY_BYTES: '2048',
  }
  expect(collectorSettingsFromEnv(env)).toMatchObject({
    host: '0.0.0.0',
    allowedHosts: ['collector', 'weir.example.com'],
    port: 5318,
    maxBodyBytes: 2048,
  })
})

test.for([
  ['WEIR_OTLP_HTTP_PORT', 'http'],
  ['WEIR_OTLP_HTTP_PORT', '70000'],
  ['WEIR_OTLP_HTTP_PORT', '0'],
  ['WEIR_MAX_BODY_BYTES', '-1'],
  ['WEIR_WAL_MAX_BYTES', '0'],
  ['WEIR_MAX_FIELD_BYTES', '100'],
  ['WEIR_RATE_LIMIT', '0'],
  ['WEIR_RATE_LIMIT', 'many'],
  ['WEIR_LOG_LEVEL', 'loud'],
  ['WEIR_ALLOWED_HOSTS', 'https://weir.example.com'],
])('%s=%s is refused by name', ([variable, value]) => {
  expect(() => collectorSettingsFromEnv({ [variable!]: value })).toThrow(ConfigError)
  expect(() => collectorSettingsFromEnv({ [variable!]: value })).toThrow(
    `${variable} is "${value}", expected `,
  )
})
