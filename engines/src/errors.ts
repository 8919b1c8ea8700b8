import { UsageError } from '@weir/config'
/** The port that an engine was told to listen on belongs to another process. */
export class PortInUseError extends UsageError {
  override readonly code = 'PORT_IN_USE'
  readonly port: number

  constructor(host: string, port: number, options?: ErrorOptions) {
    super(
      `port ${port} on ${host} is in use by another process: stop that process or choose another port`,
      options,
    )
    this.port = port
  }
}

/** An engine could not be started; the message says what was tried and what to do. */
export class EngineStartError extends UsageError {
  override readonly code = 'ENGINE_START'
}
