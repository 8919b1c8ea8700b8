import type { Status } from '@weir/store/run-model'
import type { CompiledDialects } from '../dialects/compile.ts'
import { fieldNumber, type Resolver } from '../dialects/resolver.ts'
import { attributeText } from '../otlp/any-value.ts'
import { EventView, type SpanView } from '../otlp/span.ts'
import { WireReader } from '../otlp/wire-reader.ts'

const STATUS_ERROR = 2
const DECLARED = fieldNumber('declaredStatus')
const STATUS = fieldNumber('status')
const EXCEPTION = fieldNumber('exception')
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
const NO_EXCEPTION: Exception = { type: '', message: '' }

/**
 * What the client declared, else what the span's status, its exception and its dialect say. A span without an end is still
 * running.
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
  const exception = resolver.events.exceptionEnd < 0 ? NO_EXCEPTION : readException(bytes, resolver)
  const failed =
    span.statusCode === STATUS_ERROR ||
    said === 'error' ||
    (exception !== NO_EXCEPTION && resolver.text(EXCEPTION) === 'error')
  if (!failed) {
    // An interrupt is thrown to suspend; whatever else was thrown in a span that succeeded was handled.
    const isInterrupt = exception !== NO_EXCEPTION && meaningOf(exception, dialects) === 'suspended'
    const status = declared || said || (isInterrupt ? 'suspended' : 'ok')
    return status === 'ok' ? OK : { ...OK, status }
  }
  const message = exception.message || statusMessage(bytes, span) || resolver.text(ERROR_MESSAGE)
  const status = declared || meaningOf({ type: exception.type, message }, dialects) || 'error'
  if (status !== 'error') return { ...OK, status }
  return {
    status,
    errorType: resolver.text(ERROR_TYPE) || exception.type,
    errorMessage: message,
  }
}

function statusMessage(bytes: Buffer, span: SpanView): string {
  return bytes.toString('utf8', span.statusMessageStart, span.statusMessageEnd)
}

interface Exception {
  readonly type: string
  readonly message: string
}

function readException(bytes: Buffer, { events }: Resolver): Exception {
  let [type, message] = ['', '']
  event.read(new WireReader(bytes), events.exceptionStart, events.exceptionEnd)
  const { attributes } = event
  for (let item = 0; item < attributes.count; item++) {
    const key = bytes.toString('utf8', attributes.keyStart[item]!, attributes.keyEnd[item]!)
    if (key === 'exception.type') type = attributeText(bytes, attributes, item)
    else if (key === 'exception.message') message = attributeText(bytes, attributes, item)
  }
  return { type, message }
}

/**
 * By the last word of the exception's type, since each language qualifies it in its way. Clients that lose the type begin a line of
 * the message with it, the first one or that below the message proper: `GraphInterrupt(...)`, `AbortError: ...`.
 */
function meaningOf({ type, message }: Exception, { exceptions }: CompiledDialects): Status | undefined {
  const byType = exceptions.get(type.slice(type.search(/\w*$/)))
  if (byType !== undefined) return byType
  for (const paragraph of message.split('\n\n', 2)) {
    const line = paragraph.split('\n', 1)[0]!
    const meaning = exceptions.get(line) ?? exceptions.get(/^\w+(?=[:(])/.exec(line)?.[0] ?? '')
    if (meaning !== undefined) return meaning
  }
  return undefined
}
