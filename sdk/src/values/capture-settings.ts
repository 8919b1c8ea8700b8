import { checkKnown, expected } from '../errors.ts'

/** What a value is, and what it belongs to. */
export interface CaptureSource {
  /** `error` is the message of an error and then its stack, `key` that of a step, the others are options of the run. */
  readonly side: 'input' | 'output' | 'error' | 'metadata' | 'key' | 'session' | 'user'
  readonly kind: 'flow' | 'step' | 'model' | 'tool'
  /** The flow, the step's label, the model or the tool. */
  readonly name: string
  /** The flow whose run it is in. */
  readonly flow?: string
  /** The step's key. */
  readonly key?: string
  /** Labels of the steps around it, from the outermost. */
  readonly path: readonly string[]
}

export interface CaptureOptions {
  /** Record inputs. Default true. */
  readonly inputs?: boolean | undefined
  /** Record outputs. Default true. */
  readonly outputs?: boolean | undefined
  /** Characters kept of one value; the rest is cut and its length noted. Default 65,536. */
  readonly maxLength?: number | undefined
  /**
   * Sees every value and text that the application gives before it is recorded, and gives what to record instead; `undefined`
   * records nothing. It gets the application's own object: return a new one, do not change it. If it throws,
   * `[redaction failed]` is recorded.
   */
  readonly redact?: ((value: unknown, source: CaptureSource) => unknown) | undefined
}

export interface Capture {
  readonly inputs: boolean
  readonly outputs: boolean
  readonly maxLength: number
  readonly redact: ((value: unknown, source: CaptureSource) => unknown) | undefined
}

export const DEFAULT_CAPTURE: Capture = { inputs: true, outputs: true, maxLength: 65_536, redact: undefined }

const KNOWN = new Set(['inputs', 'outputs', 'maxLength', 'redact'])

export function toCapture(options: CaptureOptions = {}): Capture {
  checkKnown('capture', options, KNOWN)
  const { inputs = true, outputs = true, maxLength = DEFAULT_CAPTURE.maxLength, redact } = options
  if (typeof inputs !== 'boolean') throw expected('capture.inputs', 'true or false', inputs)
  if (typeof outputs !== 'boolean') throw expected('capture.outputs', 'true or false', outputs)
  if (!Number.isInteger(maxLength) || maxLength < 1) {
    throw expected('capture.maxLength', 'a whole number of characters, 1 or more', maxLength)
  }
  if (redact !== undefined && typeof redact !== 'function')
    throw expected('capture.redact', 'a function', redact)
  return { inputs, outputs, maxLength, redact }
}
