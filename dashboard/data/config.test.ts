import { expect, test } from 'vitest'
import { collectorEndpoint, withoutCredentials } from './config.ts'

test('the endpoint is where applications reach the collector', () => {
  expect(collectorEndpoint({})).toBe('http://127.0.0.1:4318')
  expect(collectorEndpoint({ WEIR_HOST: '0.0.0.0', WEIR_OTLP_HTTP_PORT: '5000' })).toBe(
    'http://127.0.0.1:5000',
  )
  expect(collectorEndpoint({ WEIR_ENDPOINT: 'https://weir.example' })).toBe('https://weir.example')
})

test('a wrong port is named with its value', () => {
  expect(() => collectorEndpoint({ WEIR_OTLP_HTTP_PORT: 'x' })).toThrowError(/WEIR_OTLP_HTTP_PORT: .*"x"/)
})

test('a shown URL has no credentials', () => {
  expect(withoutCredentials('http://weir:secret@db:8123/')).toBe('http://db:8123/')
})
