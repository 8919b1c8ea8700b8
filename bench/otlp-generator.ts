/** Spans of one trace: a flow, and below it steps, model calls and tools. */
const SPANS_PER_TRACE = 10

/** A request in OTLP/protobuf that is encoded once; ids are patched in place, so that a new one costs next to nothing. */
export class OtlpBody {
  readonly bytes: Buffer
  readonly spans: number
  readonly #traceIds: number[] = []
  readonly #spanIds: number[] = []
  readonly #parentIds: number[] = []

  /** @param spans spans per request, rounded up to whole traces */
  constructor(spans: number) {
    const traces = Math.ceil(spans / SPANS_PER_TRACE)
    this.spans = traces * SPANS_PER_TRACE
    const encoded = Array.from({ length: this.spans }, (_, at) => encodeSpan(at))
    const scope = Buffer.concat([message(1, text(1, 'bench')), ...encoded.map((span) => message(2, span))])
    this.bytes = message(1, Buffer.concat([message(1, RESOURCE), message(2, scope)]))
    for (let at = 0; at < this.spans; at++) {
      this.#traceIds.push(this.bytes.indexOf(marker(at, 16)))
      this.#spanIds.push(this.bytes.indexOf(marker(at, 8), this.#traceIds[at]! + 16))
      this.#parentIds.push(at % SPANS_PER_TRACE === 0 ? -1 : this.bytes.indexOf(PARENT, this.#spanIds[at]))
    }
  }

  /** Gives every span new ids. @param request a number that no other request has */
  patch(request: number): void {
    for (let at = 0; at < this.spans; at++) {
      const trace = request * this.spans + Math.floor(at / SPANS_PER_TRACE)
      this.#write(this.#traceIds[at]! + 8, trace, 0x5eed)
      this.#write(this.#spanIds[at]!, request * this.spans + at, 0xbe11)
      const parent = this.#parentIds[at]!
      if (parent >= 0) this.#write(parent, request * this.spans + at - (at % SPANS_PER_TRACE), 0xbe11)
    }
  }

  /** Ids of real clients are random: the number is scattered over the bytes. */
  #write(at: number, number: number, salt: number): void {
    this.bytes.writeUInt32LE(Math.imul(number + 1, 0x9e37_79b1) >>> 0, at)
    this.bytes.writeUInt32LE((number ^ (salt << 16)) >>> 0, at + 4)
  }
}

const KINDS = ['flow', 'step', 'model', 'step', 'tool', 'step', 'model', 'step', 'tool', 'model'] as const
const NAMES = [
  'research',
  'plan',
  'chat',
  'search',
  'fetch',
  'rank',
  'chat',
  'synthesize',
  'cite',
  'chat',
] as const
const START = 1_767_225_600_000_000_000n
const PARENT = Buffer.from('PARENTID')

function encodeSpan(at: number): Buffer {
  const position = at % SPANS_PER_TRACE
  const kind = KINDS[position]!
  const start = START + BigInt(at) * 1_000_000n
  const attributes = [
    attribute('weir.kind', kind),
    attribute('weir.run.id', `run-${Math.floor(at / SPANS_PER_TRACE)}`),
    attribute('weir.flow.name', 'research'),
    attribute('session.id', `session-${at % 40}`),
    attribute('user.id', `user-${at % 15}`),
    attribute('gen_ai.operation.name', kind === 'model' ? 'chat' : 'run_step'),
    attribute('gen_ai.request.model', kind === 'model' ? 'gpt-4o-mini' : ''),
    count('gen_ai.usage.input_tokens', kind === 'model' ? 100 + (at % 900) : 0),
    count('gen_ai.usage.output_tokens', kind === 'model' ? at % 300 : 0),
    attribute('input.value', `{"query":"launch plan ${at}","limit":10}`),
  ]
  return Buffer.concat([
    bytes(1, marker(at, 16)),
    bytes(2, marker(at, 8)),
    ...(position === 0 ? [] : [bytes(4, PARENT)]),
    text(5, NAMES[position]!),
    Buffer.from([0x30, 1]),
    fixed64(7, start),
    fixed64(8, start + 25_000_000n + BigInt(at % 977) * 10_000n),
    ...attributes.map((value) => message(9, value)),
  ])
}

/** Bytes that occur nowhere else, to find an id's place by. */
function marker(at: number, size: number): Buffer {
  return Buffer.from(`#${String(at).padStart(size - 2, '0')}#`)
}

const RESOURCE = Buffer.concat([
  message(1, attribute('service.name', 'bench')),
  message(1, attribute('service.version', '1.4.0')),
  message(1, attribute('deployment.environment.name', 'production')),
])

function attribute(key: string, value: string): Buffer {
  return Buffer.concat([text(1, key), message(2, text(1, value))])
}

function count(key: string, value: number): Buffer {
  return Buffer.concat([text(1, key), message(2, Buffer.concat([Buffer.from([0x18]), varint(value)]))])
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value))
}

function message(field: number, content: Buffer): Buffer {
  return bytes(field, content)
}

function bytes(field: number, content: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content])
}

function fixed64(field: number, value: bigint): Buffer {
  const buffer = Buffer.from([(field << 3) | 1, 0, 0, 0, 0, 0, 0, 0, 0])
  buffer.writeBigUInt64LE(value, 1)
  return buffer
}

function varint(value: number): Buffer {
  const out: number[] = []
  let rest = value
  for (; rest >= 0x80; rest >>>= 7) out.push((rest & 0x7f) | 0x80)
  return Buffer.from([...out, rest])
}
