import type { Status } from '@weir/store/run-model'
import type { CompiledDialects } from '../dialects/compile.ts'
import { fieldNumber, type Resolver } from '../dialects/resolver.ts'
import { attributeText } from '../otlp/any-value.ts'
import { EventView, type SpanView } from '../otlp/span.ts'
import { WireReader } from '../otlp/wire-reader.ts'

const STATUS_ERROR = 2
const DECLARED = fieldNumber('declaredStatus')
const STATUS = fieldNumber('status')
const ERROR_TYPE = fieldNumber('errorType')
const ERROR_MESSAGE = fieldNumber('errorMessage')

/** How a span ended. Type and message are '' unless it ended in error. */
export interface Outcome {
  status: Status
  errorType: string
  errorMessage: string
}

const event = new EventView()
const OK: Outcome = { status: 'ok', errorType: '', errorMessage: '' }
const RUNNING: Outcome = { status: 'running', errorType: '', errorMessage: '' }

/**
 * What the client declared, else what the span's status and its dialect say. A span without an end is still running.
 * @param ended whether the span has an end time
 */
export function outcomeOf(
  bytes: Buffer,
  span: SpanView,
  resolver: Resolver,
  dialects: CompiledDialects,
  ended: boolean,
): Outcome {
  const declared = resolver.text(DECLARED) as Status | ''
  if (!ended && (declared === '' || declared === 'running')) return RUNNING
  const said = resolver.text(STATUS) as Status | ''
  const failed = span.statusCode === STATUS_ERROR || said === 'error'
  if (!failed) return declared === '' && said === '' ? OK : { ...OK, status: declared || said || 'ok' }
  const exception = exceptionOf(bytes, span)
  const status = declared || dialects.exceptions.get(exception.type) || 'error'
  if (status !== 'error') return { ...OK, status }
  return {
    status,
    errorType: resolver.text(ERROR_TYPE) || exception.type,
    errorMessage: exception.message || statusMessage(bytes, span) || resolver.text(ERROR_MESSAGE),
  }
}

function statusMessage(bytes: Buffer, span: SpanView): string {
  return bytes.toString('utf8', span.statusMessageStart, span.statusMessageEnd)
}

/** The last `exception` event: earlier ones were handled. */
function exceptionOf(bytes: Buffer, span: SpanView): { type: string; message: string } {
  const exception = { type: '', message: '' }
  for (let at = span.events.length - 2; at >= 0; at -= 2) {
    event.read(new WireReader(bytes), span.events[at]!, span.events[at + 1]!)
    if (bytes.toString('utf8', event.nameStart, event.nameEnd) !== 'exception') continue
    const { attributes } = event
    for (let item = 0; item < attributes.count; item++) {
      const key = bytes.toString('utf8', attributes.keyStart[item]!, attributes.keyEnd[item]!)
      if (key === 'exception.type') exception.type = attributeText(bytes, attributes, item)
      else if (key === 'exception.message') exception.message = attributeText(bytes, attributes, item)
    }
    break
  }
  return exception
}
