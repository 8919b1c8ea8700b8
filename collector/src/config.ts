import { allowedHosts } from '@weir/store'
import { z } from 'zod'

/** `*`, or what browsers send in the header `origin`. */
const ORIGIN = /^(\*|[a-z][a-z0-9+.-]*:\/\/[^/]+)$/

const environment = z.object({
  WEIR_HOST: z.string().min(1).default('127.0.0.1'),
  WEIR_ALLOWED_HOSTS: z.string().default('').pipe(allowedHosts),
  WEIR_OTLP_HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(4318),
  WEIR_OTLP_GRPC_PORT: z.coerce.number().int().min(0).max(65_535).default(4317),
  WEIR_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  WEIR_CORS_ORIGINS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .toLowerCase()
        .split(/[\s,]+/)
        .filter(Boolean),
    )
    .refine(
      (origins) => origins.every((origin) => ORIGIN.test(origin)),
      'expected * or origins such as https://app.example.com, without a path, separated by commas',
    ),
  WEIR_MAX_BODY_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(64 * 1024 * 1024),
  WEIR_MAX_PENDING_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(256 * 1024 * 1024),
  WEIR_WAL_MAX_BYTES: z.coerce
    .number()
    .int()
    .min(1024 * 1024)
    .default(8 * 1024 * 1024 * 1024),
  WEIR_MAX_FIELD_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(4 * 1024 * 1024),
  WEIR_REDACTION: z.string().min(1).optional(),
  WEIR_REDACTION_SALT: z.string().min(1).optional(),
  WEIR_RATE_LIMIT: z.coerce.number().positive().optional(),
})

/** What a collector is started with, apart from the store. */
export interface CollectorSettings {
  readonly host: string
  /** Names beside `host` and localhost that requests may name as their host; `*` for all. */
  readonly allowedHosts: readonly string[]
  /** Port of OTLP/HTTP; 0 takes any free one. */
  readonly port: number
  /** Port of OTLP/gRPC; 0 takes any free one. */
  readonly grpcPort: number
  /** pino's level, or `silent`. */
  readonly logLevel: string
  /** Origins of pages that may send from a browser; `*` for all. */
  readonly corsOrigins: readonly string[]
  /** Limit of a request's body, after decompression. */
  readonly maxBodyBytes: number
  /** Limit of what requests and pending spans hold in memory; beyond it requests are answered with 503. */
  readonly maxPendingBytes: number
  /** Limit of the log on the disk; beyond it requests are answered with 503. */
  readonly walMaxBytes: number
  /** Limit of one text or key; what is larger is cut. */
  readonly maxFieldBytes: number
  /** Path of the file with the rules of redaction. */
  readonly redaction: string | undefined
  /** Salt of the hashes that redaction leaves. */
  readonly redactionSalt: string | undefined
  /** Spans per second of each project; beyond it requests are answered with 429. */
  readonly rateLimit: number | undefined
}

/** A variable of the environment cannot be used. */
export class CollectorConfigError extends Error {
  readonly code = 'WEIR_CONFIG'
  override readonly name = 'CollectorConfigError'
}

/** @throws CollectorConfigError where a variable has a value that cannot be used */
export function collectorSettingsFromEnv(
  env: Readonly<Record<string, string | undefined>>,
): CollectorSettings {
  const { data, error } = environment.safeParse(env)
  if (error) {
    const [issue] = error.issues
    const variable = String(issue?.path[0])
    throw new CollectorConfigError(
      `${variable}=${JSON.stringify(env[variable])}: ${issue?.message}. Change or unset it`,
    )
  }
  return {
    host: data.WEIR_HOST,
    allowedHosts: data.WEIR_ALLOWED_HOSTS,
    port: data.WEIR_OTLP_HTTP_PORT,
    grpcPort: data.WEIR_OTLP_GRPC_PORT,
    logLevel: data.WEIR_LOG_LEVEL,
    corsOrigins: data.WEIR_CORS_ORIGINS,
    maxBodyBytes: data.WEIR_MAX_BODY_BYTES,
    maxPendingBytes: data.WEIR_MAX_PENDING_BYTES,
    walMaxBytes: data.WEIR_WAL_MAX_BYTES,
    maxFieldBytes: data.WEIR_MAX_FIELD_BYTES,
    redaction: data.WEIR_REDACTION,
    redactionSalt: data.WEIR_REDACTION_SALT,
    rateLimit: data.WEIR_RATE_LIMIT,
  }
}
