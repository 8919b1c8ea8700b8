import { z } from 'zod'
import type { StoreOptions } from './store.ts'

const environment = z.object({
  WEIR_CLICKHOUSE_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:8123'),
  WEIR_CLICKHOUSE_DATABASE: z.string().regex(/^\w+$/).default('weir'),
  WEIR_PROJECT: z.string().trim().min(1).default('default'),
})

/** A variable of the environment has a value that cannot be used. */
export class StoreConfigError extends Error {
  readonly code = 'STORE_CONFIG'
  override readonly name = 'StoreConfigError'
}

/** Reads the store's options from `WEIR_CLICKHOUSE_URL`, `WEIR_CLICKHOUSE_DATABASE` and `WEIR_PROJECT`. */
export function storeOptionsFromEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): StoreOptions {
  const parsed = environment.safeParse(env)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const variable = String(issue?.path[0])
    const got = JSON.stringify(env[variable])
    throw new StoreConfigError(
      `${variable}: ${issue?.message}, got ${got}. Set it to a valid value or unset it.`,
    )
  }
  const { WEIR_CLICKHOUSE_URL: url, WEIR_CLICKHOUSE_DATABASE: database, WEIR_PROJECT: project } = parsed.data
  return { url, database, project }
}
