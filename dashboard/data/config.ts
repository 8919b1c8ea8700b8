import { z } from 'zod'

const environment = z.object({
  WEIR_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  WEIR_HOST: z.string().min(1).default('127.0.0.1'),
  WEIR_OTLP_HTTP_PORT: z.coerce.number().int().min(1).max(65_535).default(4318),
})

/** A variable of the environment has a value that cannot be used. */
class DashboardConfigError extends Error {
  readonly code = 'DASHBOARD_CONFIG'
  override readonly name = 'DashboardConfigError'
}

/** Base URL of the collector as applications should use it; the store has its own configuration. */
export function collectorEndpoint(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const parsed = environment.safeParse(env)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const variable = String(issue?.path[0])
    throw new DashboardConfigError(
      `${variable}: ${issue?.message}, got ${JSON.stringify(env[variable])}. Set it to a valid value or unset it.`,
    )
  }
  const { WEIR_ENDPOINT: endpoint, WEIR_HOST: host, WEIR_OTLP_HTTP_PORT: port } = parsed.data
  return endpoint ?? `http://${['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host}:${port}`
}

/** A URL as it may be shown: without user and password. */
export function withoutCredentials(url: string): string {
  const shown = new URL(url)
  shown.username = ''
  shown.password = ''
  return shown.toString()
}
