import { readVariables, type Variables } from '@weir/config'

/** What a collector is started with, apart from the store: its variables. A port of 0 takes any free one. */
export interface CollectorSettings extends Omit<Variables<'collector'>, 'otlpHttpPort' | 'otlpGrpcPort'> {
  /** Of OTLP/HTTP. */
  readonly port: number
  /** Of OTLP/gRPC. */
  readonly grpcPort: number
}

/** @throws ConfigError where a variable has a value that cannot be used */
export function collectorSettingsFromEnv(
  env: Readonly<Record<string, string | undefined>>,
): CollectorSettings {
  const { otlpHttpPort: port, otlpGrpcPort: grpcPort, ...settings } = readVariables('collector', env)
  return { ...settings, port, grpcPort }
}
