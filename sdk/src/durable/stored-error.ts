import {
  FlowValidationError,
  RunTimeoutError,
  StepTimeoutError,
  TerminalError,
  UsageError,
  WaitTimeoutError,
} from '../errors.ts'

/** An error as data. */
export interface StoredError {
  /** The built-in class that it is, or extends. */
  readonly type: string
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  /** Its other fields, as far as they are primitive values: a client's error may hold sockets and secrets. */
  readonly fields: Readonly<Record<string, unknown>>
  /** An error, or a primitive value. */
  readonly cause?: unknown
  readonly errors?: readonly unknown[]
}

type ErrorClass = new (message?: string) => Error

/** Special ones first. */
const TYPES: Readonly<Record<string, ErrorClass>> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  Error,
}

/** Ours, by their codes: a handler that asks for them decides the same whenever it is executed. */
const OURS: Readonly<Record<string, { readonly prototype: Error }>> = {
  FLOW_VALIDATION: FlowValidationError,
  RUN_TIMEOUT: RunTimeoutError,
  STEP_TIMEOUT: StepTimeoutError,
  TERMINAL: TerminalError,
  USAGE: UsageError,
  WAIT_TIMEOUT: WaitTimeoutError,
}

/** Causes below causes end here, and so do those in a circle. */
const MAX_DEPTH = 8
const OWN = new Set(['name', 'message', 'stack', 'cause', 'errors', '__proto__'])

export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]'
}

export function fromError(error: Error, depth = 0): StoredError {
  const reason = (value: unknown) => fromReason(value, depth + 1)
  const aggregate = error instanceof AggregateError
  return {
    type: aggregate ? 'AggregateError' : typeOf(error),
    name: String(error.name),
    message: String(error.message),
    stack: error.stack === undefined ? undefined : String(error.stack),
    fields: Object.fromEntries(
      Object.entries(error).filter(([key, value]) => !OWN.has(key) && isPrimitive(value)),
    ),
    ...('cause' in error && { cause: reason(error.cause) }),
    ...(aggregate && { errors: error.errors.map(reason) }),
  }
}

/** An error of the same built-in class, with the same name, message, stack, cause and simple fields. */
export function toError(stored: StoredError): Error {
  const { type, name, message, stack, fields, errors } = stored
  const error =
    type === 'AggregateError'
      ? new AggregateError((errors ?? []).map(toReason), message)
      : new (TYPES[type] ?? Error)(message)
  const hidden = { configurable: true, writable: true, enumerable: false }
  if (error.name !== name) Object.defineProperty(error, 'name', { ...hidden, value: name })
  const ours = OURS[String(fields.code)]
  if (ours !== undefined) Object.setPrototypeOf(error, ours.prototype)
  Object.defineProperty(error, 'stack', { ...hidden, value: stack })
  if ('cause' in stored) Object.defineProperty(error, 'cause', { ...hidden, value: toReason(stored.cause) })
  return Object.assign(error, fields)
}

function typeOf(error: Error): string {
  return Object.keys(TYPES).find((name) => error instanceof TYPES[name]!) ?? 'Error'
}

function fromReason(value: unknown, depth: number): unknown {
  if (isError(value)) return depth > MAX_DEPTH ? String(value) : fromError(value, depth)
  return isPrimitive(value) ? value : Object.prototype.toString.call(value)
}

function toReason(stored: unknown): unknown {
  return typeof stored === 'object' && stored !== null ? toError(stored as StoredError) : stored
}

function isPrimitive(value: unknown): boolean {
  return value === null || !['object', 'function', 'symbol'].includes(typeof value)
}
