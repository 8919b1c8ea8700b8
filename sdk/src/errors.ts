import type { SchemaIssue } from './flow/schema.ts'
import { cutText } from './values/cut-text.ts'
import { readProperty } from './values/read-property.ts'

/** An option or argument is wrong: thrown where it was given, before anything runs. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'USAGE'
}

/** A value did not match its flow's schema. The run is recorded with status error. */
export class FlowValidationError extends Error {
  override readonly name = 'FlowValidationError'
  readonly code = 'FLOW_VALIDATION'
  readonly flow: string
  readonly side: 'input' | 'output' | 'chunk' | `signal ${string}`
  readonly issues: readonly SchemaIssue[]

  constructor(flow: string, side: FlowValidationError['side'], issues: readonly SchemaIssue[]) {
    super(`The ${side} of flow "${flow}" does not match its schema:\n${issues.map(formatIssue).join('\n')}`)
    this.flow = flow
    this.side = side
    this.issues = issues
  }
}

/** An attempt of a step took longer than its `timeout`. */
export class StepTimeoutError extends Error {
  override readonly name = 'StepTimeoutError'
  readonly code = 'STEP_TIMEOUT'
  readonly step: string
  /** Milliseconds. */
  readonly timeout: number

  constructor(step: string, timeout: number) {
    super(`Step "${step}" did not finish within its timeout of ${timeout} ms`)
    this.step = step
    this.timeout = timeout
  }
}

/** A run took longer than its `timeout`. */
export class RunTimeoutError extends Error {
  override readonly name = 'RunTimeoutError'
  readonly code = 'RUN_TIMEOUT'
  readonly flow: string
  /** Milliseconds. */
  readonly timeout: number

  constructor(flow: string, timeout: number) {
    super(`The run of flow "${flow}" did not finish within its timeout of ${timeout} ms`)
    this.flow = flow
    this.timeout = timeout
  }
}

/** No signal came within the `timeout` of a wait. */
export class WaitTimeoutError extends Error {
  override readonly name = 'WaitTimeoutError'
  readonly code = 'WAIT_TIMEOUT'
  readonly signal: string
  /** Milliseconds. */
  readonly timeout: number

  constructor(signal: string, timeout: number) {
    super(`No signal "${signal}" came within ${timeout} ms`)
    this.signal = signal
    this.timeout = timeout
  }
}

/**
 * A decision that another try would not change, such as that of a guardrail or of a budget: a step neither tries again nor uses
 * its fallback, unless its `shouldRetry` says so.
 */
export class TerminalError extends Error {
  override name = 'TerminalError'
  readonly code: string = 'TERMINAL'
}

/** Also of another copy of this package. */
export function isTerminal(error: unknown): boolean {
  if (error instanceof TerminalError || error instanceof FlowValidationError) return true
  const code = error instanceof Error ? readProperty(error, 'code') : undefined
  return code === 'TERMINAL' || code === 'FLOW_VALIDATION'
}

/** `expected X, got Y (type)`, the form of every message about a wrong option. */
export function expected(option: string, wanted: string, got: unknown): UsageError {
  return new UsageError(`${option}: expected ${wanted}, got ${describe(got)} (${typeof got})`)
}

/** @throws UsageError for an option that nobody knows, so that one that is misspelt is not lost silently */
export function checkKnown(what: string, options: object, known: ReadonlySet<string>): void {
  if (typeof options !== 'object' || options === null) throw expected(what, 'an object', options)
  for (const key of Object.keys(options)) {
    if (!known.has(key)) {
      throw new UsageError(
        `${what}: unknown option "${cutText(key, 60)}", expected ${[...known].sort().join(', ')}`,
      )
    }
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${cutText(value, 60)}…` : value)
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

function formatIssue(issue: SchemaIssue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return path === '' ? `  ✖ ${issue.message}` : `  ✖ ${path}: ${issue.message}`
}
