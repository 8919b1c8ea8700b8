import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readConfig } from './config.ts'

/** A home that nothing was started on: the default one may be that of a Weir that runs here, and has its password. */
const WEIR_HOME = join(tmpdir(), 'weir-no-home')

describe('readConfig', () => {
  test('has a default for everything', () => {
    expect(readConfig({}).home).toBe(resolve('.weir'))
    expect(readConfig({ WEIR_HOME })).toMatchObject({
      host: '127.0.0.1',
      ports: {
        otlpHttp: 4318,
        otlpGrpc: 4317,
        dashboard: 3000,
        clickhouse: 8123,
        valkey: 6379,
        worker: 4319,
      },
      embedded: { clickhouse: true, valkey: true },
      clickhouseUrl: 'http://127.0.0.1:8123',
      redisUrl: 'redis://127.0.0.1:6379',
      endpoint: 'http://127.0.0.1:4318',
      settleQuietMs: 2_000,
    })
  })

  test('finds the embedded engines on the ports that they were moved to', () => {
    const config = readConfig({
      WEIR_HOME,
      WEIR_EMBEDDED_CLICKHOUSE_PORT: '9001',
      WEIR_EMBEDDED_VALKEY_PORT: '9002',
    })
    expect(config.clickhouseUrl).toBe('http://127.0.0.1:9001')
    expect(config.redisUrl).toBe('redis://127.0.0.1:9002')
  })

  test('does not embed what the user names', () => {
    const config = readConfig({
      WEIR_CLICKHOUSE_URL: 'http://me:secret@db:8123',
      WEIR_REDIS_URL: 'redis://db:6379',
    })
    expect(config.embedded).toEqual({ clickhouse: false, valkey: false })
  })

  test('takes an empty variable for one that is not set', () => {
    expect(readConfig({ WEIR_CLICKHOUSE_URL: '', WEIR_DASHBOARD_PORT: '' }).ports.dashboard).toBe(3000)
  })

  test.each([
    [{ WEIR_DASHBOARD_PORT: 'abc' }, 'WEIR_DASHBOARD_PORT is "abc", expected a port from 1 to 65535'],
    [{ WEIR_OTLP_HTTP_PORT: '70000' }, 'WEIR_OTLP_HTTP_PORT is "70000", expected a port from 1 to 65535'],
    [
      { WEIR_CLICKHOUSE_URL: 'db:8123' },
      'WEIR_CLICKHOUSE_URL is "db:8123", expected an http:// or https:// URL',
    ],
    [
      { WEIR_ALLOWED_HOSTS: 'https://weir.example.com' },
      'WEIR_ALLOWED_HOSTS is "https://weir.example.com", expected names such as weir.example.com or *.example.com, ' +
        'separated by commas, or * for all',
    ],
    [{ WEIR_SETTLE_QUIET: '2' }, 'WEIR_SETTLE_QUIET is "2", expected a duration such as 500ms, 2s or 1m'],
  ])('names the variable, what came and what was expected: %o', (env, message) => {
    expect(() => readConfig(env)).toThrow(expect.objectContaining({ message, exitCode: 2 }))
  })

  test('reads durations', () => {
    const quiet = (text: string) => readConfig({ WEIR_SETTLE_QUIET: text }).settleQuietMs
    expect([quiet('500ms'), quiet('1.5s'), quiet('1m')]).toEqual([500, 1_500, 60_000])
  })
})
