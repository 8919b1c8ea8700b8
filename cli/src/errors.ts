/** 0 passed, 1 a gate failed, 2 usage or configuration, 3 could not evaluate. */
export type ExitCode = 0 | 1 | 2 | 3

/** An error that a person reads: printed without a stack, the process ends with `exitCode`. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code: string
  readonly exitCode: ExitCode

  constructor(code: string, exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.exitCode = exitCode
  }
}

export function usageError(message: string, options?: ErrorOptions): CliError {
  return new CliError('WEIR_USAGE', 2, message, options)
}

export function infrastructureError(message: string, options?: ErrorOptions): CliError {
  return new CliError('WEIR_UNAVAILABLE', 3, message, options)
}
