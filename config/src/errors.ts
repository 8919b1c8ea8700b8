/** 0 passed, 1 a gate failed, 2 usage or configuration, 3 could not evaluate. */
export type ExitCode = 0 | 1 | 2 | 3

const MARK: unique symbol = Symbol.for('weir.error')

/**
 * An error whose message tells a person what came, what was expected and what to do: it is printed without a stack.
 *
 * `instanceof WeirError` also holds for an error of another copy of this package: an evaluation file may import a copy
 * of its own. That of a subclass does not.
 */
export class WeirError extends Error {
  readonly code: string = 'WEIR'
  /** What a command ends with that this error ended. */
  readonly exitCode: ExitCode = 3

  constructor(message?: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }

  get [MARK](): true {
    return true
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this === WeirError) return value instanceof Error && MARK in value
    return Function.prototype[Symbol.hasInstance].call(this, value)
  }
}

/** A definition, a file, an option or a variable has to be changed. */
export class UsageError extends WeirError {
  override readonly code: string = 'USAGE'
  override readonly exitCode: ExitCode = 2
}

/** A part of Weir, its store or its queue did not do its work. */
export class InfrastructureError extends WeirError {
  override readonly code: string = 'INFRASTRUCTURE'
}
