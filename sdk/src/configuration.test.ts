import { afterEach, describe, expect, it, vi } from 'vitest'
import { toConfiguration } from './configuration.ts'
import { UsageError } from './errors.ts'

const OTLP = 'OTEL_EXPORTER_OTLP_ENDPOINT'
const OTLP_TRACES = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'

afterEach(() => vi.unstubAllEnvs())

describe('the address', () => {
  it.each([
    [
      'the option',
      'http://o',
      { WEIR_ENDPOINT: 'http://w', [OTLP]: 'http://g' },
      'http://o/v1/traces',
      false,
    ],
    [
      'WEIR_ENDPOINT',
      undefined,
      { WEIR_ENDPOINT: 'http://w:1/base/', [OTLP]: 'http://g' },
      'http://w:1/base/v1/traces',
      false,
    ],
    [
      'the OTLP traces variable',
      undefined,
      { [OTLP_TRACES]: 'http://t/x', [OTLP]: 'http://g' },
      'http://t/x',
      true,
    ],
    ['the OTLP variable', undefined, { [OTLP]: 'https://g' }, 'https://g/v1/traces', true],
    ['the default', undefined, {}, 'http://127.0.0.1:4318/v1/traces', false],
    ['a full URL', 'http://o/v1/traces', {}, 'http://o/v1/traces', false],
  ])('comes from %s', (_, endpoint, environment, url, urlIsApplications) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
    expect(toConfiguration(endpoint === undefined ? {} : { endpoint })).toMatchObject({
      url,
      urlIsApplications,
    })
  })

  it('that the environment gives wrongly is said, and nothing is sent', () => {
    const said = vi.spyOn(console, 'warn').mockImplementation(() => {})
    vi.stubEnv('WEIR_ENDPOINT', 'localhost:4318')
    expect(toConfiguration().url).toBeUndefined()
    expect(said).toHaveBeenCalledExactlyOnceWith(
      'weir: WEIR_ENDPOINT: expected an http or https URL, got "localhost:4318"; nothing is sent',
    )
  })
})

it('takes key and switches from options, then from the environment', () => {
  vi.stubEnv('WEIR_API_KEY', 'from-env')
  vi.stubEnv('OTEL_SDK_DISABLED', 'true')
  expect(toConfiguration()).toMatchObject({ disabled: true, headers: { authorization: 'Bearer from-env' } })
  expect(toConfiguration({ apiKey: 'given', disabled: false })).toMatchObject({
    disabled: false,
    headers: { authorization: 'Bearer given' },
  })
})

it.each([
  [{ endpoint: 'nowhere' }, 'endpoint: expected an http or https URL, got "nowhere" (string)'],
  [{ serviceNam: 'x' }, 'init options: unknown option "serviceNam", expected apiKey, batch, capture'],
  [{ serviceName: 5 }, 'serviceName: expected a string, got 5 (number)'],
  [{ maxQueueSize: 0 }, 'maxQueueSize: expected a whole number, 1 or more, got 0 (number)'],
  [{ exporter: {} }, 'exporter: expected an OpenTelemetry SpanExporter, got an object (object)'],
  [
    { capture: { maxLength: 0.5 } },
    'capture.maxLength: expected a whole number of characters, 1 or more, got 0.5',
  ],
  [{ capture: { redact: true } }, 'capture.redact: expected a function, got true (boolean)'],
  [{ disabled: 'yes' }, 'disabled: expected true or false, got "yes" (string)'],
])('refuses %j', (options, message) => {
  expect(() => toConfiguration(options as never)).toThrow(UsageError)
  expect(() => toConfiguration(options as never)).toThrow(message)
})

it('takes the key of a file with its line break, and refuses one that no header can hold', () => {
  const said = vi.spyOn(console, 'warn').mockImplementation(() => {})
  vi.stubEnv('WEIR_API_KEY', 'weir_key\r\n')
  expect(toConfiguration().headers).toEqual({ authorization: 'Bearer weir_key' })
  expect(toConfiguration({ apiKey: ' given\n' }).headers).toEqual({ authorization: 'Bearer given' })
  expect(said).not.toHaveBeenCalled()
  vi.stubEnv('WEIR_API_KEY', 'one\ntwo')
  expect(toConfiguration().headers).toEqual({})
  expect(said).toHaveBeenCalledExactlyOnceWith(
    'weir: WEIR_API_KEY: expected printable ASCII without spaces, got something else; spans are sent without it',
  )
  expect(() => toConfiguration({ apiKey: 'schl\u00fcssel' })).toThrow(UsageError)
})

it('records nothing where Node is too old, and says so', () => {
  const said = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const withResolvers = Object.getOwnPropertyDescriptor(Promise, 'withResolvers')!
  Reflect.deleteProperty(Promise, 'withResolvers')
  try {
    expect(toConfiguration().disabled).toBe(true)
  } finally {
    Object.defineProperty(Promise, 'withResolvers', withResolvers)
  }
  expect(said.mock.calls).toEqual([
    [`weir: expected Node 22.18 or newer, got ${process.version}; nothing is recorded`],
  ])
  expect(toConfiguration().disabled).toBe(false)
})
