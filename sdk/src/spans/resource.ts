import { environmentVariable } from '../platform.ts'
import { SERVICE_NAME } from '../semconv.ts'
import { NAME, VERSION } from '../version.ts'
import type { Resource } from './span.ts'

/**
 * Options over OTEL_SERVICE_NAME over OTEL_RESOURCE_ATTRIBUTES over the defaults:
 * https://opentelemetry.io/docs/specs/otel/resource/sdk/
 */
export function detectResource(options: Readonly<Record<string, string>>): Resource {
  const service = environmentVariable('OTEL_SERVICE_NAME')
  return {
    attributes: {
      [SERVICE_NAME]: `unknown_service:${runtimeName()}`,
      'telemetry.sdk.language': 'nodejs',
      'telemetry.sdk.name': NAME,
      'telemetry.sdk.version': VERSION,
      ...parseAttributes(environmentVariable('OTEL_RESOURCE_ATTRIBUTES') ?? ''),
      ...(service === undefined ? {} : { [SERVICE_NAME]: service }),
      ...options,
    },
  }
}

/** `node`, or that of another runtime. */
function runtimeName(): string {
  const { versions = {} } = (globalThis.process ?? {}) as {
    readonly versions?: Readonly<Record<string, string>>
  }
  return versions.bun !== undefined ? 'bun' : versions.deno !== undefined ? 'deno' : 'node'
}

/** `a=1,b=two%20words`: percent-encoded as W3C baggage. One that is not leaves all out, as the specification wants. */
function parseAttributes(text: string): Record<string, string> {
  try {
    const pairs = text.split(',').filter((pair) => pair.trim() !== '')
    return Object.fromEntries(
      pairs.map((pair) => {
        const at = pair.indexOf('=')
        if (at < 1) throw new Error(pair)
        return [decodeURIComponent(pair.slice(0, at).trim()), decodeURIComponent(pair.slice(at + 1).trim())]
      }),
    )
  } catch {
    return {}
  }
}
