/** The port that an engine was told to listen on belongs to another process. */
export class PortInUseError extends Error {
  readonly code = 'PORT_IN_USE'
  override readonly name = 'PortInUseError'
  readonly port: number

  constructor(host: string, port: number, options?: ErrorOptions) {
    super(
      `port ${port} on ${host} is in use by another process: stop that process or choose another port`,
      options,
    )
    this.port = port
  }
}

/** Another process has the data directory open; the engine allows one process per directory. */
export class DirectoryInUseError extends Error {
  readonly code = 'DIRECTORY_IN_USE'
  override readonly name = 'DirectoryInUseError'
  readonly directory: string

  constructor(directory: string, owner: string, options?: ErrorOptions) {
    super(
      `the data directory ${directory} is in use by ${owner}: stop that process, or choose another directory (WEIR_HOME)`,
      options,
    )
    this.directory = directory
  }
}

/** An engine could not be started; the message says what was tried and what to do. */
export class EngineStartError extends Error {
  readonly code = 'ENGINE_START'
  override readonly name = 'EngineStartError'
}
