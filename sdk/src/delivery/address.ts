import { environmentVariable } from '../platform.ts'

/** Where traces are posted. */
export interface Address {
  /** Undefined if what names it is no usable URL. */
  readonly url: string | undefined
  /** The variable of the environment that names it; undefined where an option does, or nothing. */
  readonly variable?: string
}

const DEFAULT = 'http://127.0.0.1:4318'

/** Of an option, WEIR_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT (a full URL), OTEL_EXPORTER_OTLP_ENDPOINT, else the default. */
export function tracesAddress(endpoint?: string): Address {
  if (endpoint !== undefined) return { url: tracesUrl(endpoint) }
  for (const [variable, toUrl] of VARIABLES) {
    const value = environmentVariable(variable)
    if (value !== undefined) return { url: toUrl(value), variable }
  }
  return { url: tracesUrl(DEFAULT) }
}

const VARIABLES = [
  ['WEIR_ENDPOINT', tracesUrl],
  ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', (value: string) => httpUrl(value)?.href],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', tracesUrl],
] as const

/** `/v1/traces` below the base URL; a URL that already ends so is kept. */
function tracesUrl(base: string): string | undefined {
  const url = httpUrl(base)
  if (url === undefined) return undefined
  const path = url.pathname.replace(/\/+$/, '')
  url.pathname = path.endsWith('/v1/traces') ? path : `${path}/v1/traces`
  return url.href
}

export function httpUrl(value: string): URL | undefined {
  const url = URL.parse(value)
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined
}
