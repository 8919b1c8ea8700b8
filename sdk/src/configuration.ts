import { httpUrl, tracesAddress } from './delivery/address.ts'
import type { SpanExporter } from './delivery/span-exporter.ts'
import { checkKnown, expected, UsageError } from './errors.ts'
import { environmentVariable } from './platform.ts'
import {
  DEPLOYMENT_ENVIRONMENT_NAME,
  SERVICE_NAME,
  SERVICE_VERSION,
  VCS_REF_HEAD_REVISION,
} from './semconv.ts'
import { type Capture, type CaptureOptions, toCapture } from './values/capture-settings.ts'
import { warn } from './warn.ts'

/** An option wins over `WEIR_*`, that over `OTEL_*`, that over the default. */
export interface InitOptions {
  /** `service.name`. Else OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES. */
  readonly serviceName?: string | undefined
  /** `service.version`. */
  readonly serviceVersion?: string | undefined
  /** `deployment.environment.name`, such as `production`. */
  readonly environment?: string | undefined
  /** `vcs.ref.head.revision`: the commit that runs. */
  readonly revision?: string | undefined
  /**
   * Base URL of the collector. Else WEIR_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT (a full URL),
   * OTEL_EXPORTER_OTLP_ENDPOINT, `http://127.0.0.1:4318`.
   */
  readonly endpoint?: string | undefined
  /** Sent as `authorization: Bearer`. Else WEIR_API_KEY; OTEL_EXPORTER_OTLP_HEADERS are sent besides. */
  readonly apiKey?: string | undefined
  /** Takes every span as soon as it ends, instead of the collector: for tests and local evaluation. */
  readonly exporter?: SpanExporter | undefined
  /** Give the spans to `exporter` in batches, as to the collector. Default false. */
  readonly batch?: boolean | undefined
  /** What is recorded of inputs and outputs. */
  readonly capture?: CaptureOptions | undefined
  /** Spans that may wait to be sent; more are dropped, counted and reported. Default 8,192. */
  readonly maxQueueSize?: number | undefined
  /**
   * Become the process's tracer provider if there is none, so that the spans of instrumented libraries reach Weir too.
   * Default true.
   */
  readonly global?: boolean | undefined
  /**
   * When spans are delivered. `background`, the default: by themselves, within a second. `await`: before the outermost `run`
   * settles, for platforms that freeze a process between requests. A function, such as `waitUntil` of a platform: it gets
   * the promise of the delivery.
   */
  readonly flush?: 'background' | 'await' | ((delivered: Promise<unknown>) => void) | undefined
  /**
   * Origins, such as `https://orders.example`, or patterns of them: requests of `fetch` and undici to these carry run, session,
   * user and trace along in their headers. Default none.
   */
  readonly propagateTo?: readonly (string | RegExp)[] | undefined
  /** Record what frameworks such as Next trace of every request, too. Default: only inside a run. */
  readonly frameworkSpans?: boolean | undefined
  /** Record nothing. Else OTEL_SDK_DISABLED. */
  readonly disabled?: boolean | undefined
}

export interface Configuration {
  readonly disabled: boolean
  readonly global: boolean
  /** Where traces are posted; undefined if the environment names no usable address. */
  readonly url: string | undefined
  /** The application's own OpenTelemetry setup reads the same variable, so its provider already sends there. */
  readonly urlIsApplications: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly exporter: SpanExporter | undefined
  readonly batch: boolean
  readonly maxQueueSize: number
  readonly capture: Capture
  readonly flush: 'background' | 'await' | ((delivered: Promise<unknown>) => void)
  readonly propagateTo: readonly (string | RegExp)[]
  readonly frameworkSpans: boolean
  /** Resource attributes given as options. */
  readonly resource: Readonly<Record<string, string>>
}

export function toConfiguration(options: InitOptions = {}): Configuration {
  checkKnown('init options', options, KNOWN)
  const { maxQueueSize = 8_192, exporter } = options
  if (!Number.isInteger(maxQueueSize) || maxQueueSize < 1) {
    throw expected('maxQueueSize', 'a whole number, 1 or more', maxQueueSize)
  }
  if (exporter !== undefined && typeof exporter?.export !== 'function') {
    throw expected('exporter', 'an OpenTelemetry SpanExporter', exporter)
  }
  return {
    disabled:
      (flag('disabled', options.disabled) ??
        environmentVariable('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') ||
      isTooOld(),
    global: flag('global', options.global) ?? true,
    ...toAddress(text('endpoint', options.endpoint)),
    headers: toHeaders(text('apiKey', options.apiKey)),
    exporter,
    batch: flag('batch', options.batch) ?? exporter === undefined,
    maxQueueSize,
    capture: toCapture(options.capture),
    flush: toFlush(options.flush),
    propagateTo: toOrigins(options.propagateTo),
    frameworkSpans: flag('frameworkSpans', options.frameworkSpans) ?? false,
    resource: toResource(options),
  }
}

/** npm only warns of it, and what is missing would be an error at the end of the process. */
function isTooOld(): boolean {
  if (typeof Promise.withResolvers === 'function') return false
  warn('runtime', `expected Node 22.18 or newer, got ${globalThis.process?.version}; nothing is recorded`)
  return true
}

function toFlush(value: InitOptions['flush'] = 'background'): Configuration['flush'] {
  if (value === 'background' || value === 'await' || typeof value === 'function') return value
  throw expected('flush', '"background", "await" or a function', value)
}

function toOrigins(value: InitOptions['propagateTo'] = []): Configuration['propagateTo'] {
  if (!Array.isArray(value)) throw expected('propagateTo', 'a list of origins', value)
  return value.map((target: unknown) => {
    // Without the flags that make it remember where it found something before.
    if (target instanceof RegExp) return new RegExp(target.source, target.flags.replace(/[gy]/g, ''))
    const origin = typeof target === 'string' ? httpUrl(target)?.origin : undefined
    if (origin === undefined)
      throw expected('propagateTo', 'origins such as "https://orders.example"', target)
    return origin
  })
}

const KNOWN = new Set([
  'serviceName',
  'serviceVersion',
  'environment',
  'revision',
  'endpoint',
  'apiKey',
  'exporter',
  'batch',
  'capture',
  'maxQueueSize',
  'global',
  'flush',
  'propagateTo',
  'frameworkSpans',
  'disabled',
])

/** A key from a file often ends in a line break, which no header may hold. */
function toHeaders(option: string | undefined): Record<string, string> {
  const key = (option ?? environmentVariable('WEIR_API_KEY'))?.trim()
  if (key === undefined || key === '') return {}
  if (IN_HEADERS.test(key)) return { authorization: `Bearer ${key}` }
  const what = 'printable ASCII without spaces'
  // The message does not repeat the key: it is a secret.
  if (option !== undefined) throw new UsageError(`apiKey: expected ${what}, got something else`)
  warn('key', `WEIR_API_KEY: expected ${what}, got something else; spans are sent without it`)
  return {}
}

const IN_HEADERS = /^[\x21-\x7e]+$/

function toAddress(endpoint: string | undefined): Pick<Configuration, 'url' | 'urlIsApplications'> {
  const { url, variable } = tracesAddress(endpoint)
  if (url === undefined && variable === undefined)
    throw expected('endpoint', 'an http or https URL', endpoint)
  if (url === undefined && variable !== undefined) {
    const value = JSON.stringify(environmentVariable(variable))
    warn('endpoint', `${variable}: expected an http or https URL, got ${value}; nothing is sent`)
  }
  return { url, urlIsApplications: variable?.startsWith('OTEL_') ?? false }
}

function toResource(options: InitOptions): Record<string, string> {
  const attributes = {
    [SERVICE_NAME]: text('serviceName', options.serviceName),
    [SERVICE_VERSION]: text('serviceVersion', options.serviceVersion),
    [DEPLOYMENT_ENVIRONMENT_NAME]: text('environment', options.environment),
    [VCS_REF_HEAD_REVISION]: text('revision', options.revision),
  }
  const given = Object.entries(attributes).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return Object.fromEntries(given)
}

function text(option: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value === '' ? undefined : value
  throw expected(option, 'a string', value)
}

function flag(option: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  throw expected(option, 'true or false', value)
}
