import { constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { mutateBytes, mutatedRequest, Random } from '@weir/dialects/testing'
import { chunk, rawRequest } from './raw-http.ts'

/** What goes over a connection. */
export interface MutatedExchange {
  readonly bytes: Buffer
  /** Legal HTTP around a body that is none: it has one answer, and the connection goes on. */
  readonly legal: boolean
}

const CODINGS = {
  identity: (body: Buffer) => body,
  gzip: (body: Buffer) => gzipSync(body, { level: constants.Z_BEST_SPEED }),
  deflate: (body: Buffer) => deflateSync(body, { level: constants.Z_BEST_SPEED }),
  'raw deflate': (body: Buffer) => deflateRawSync(body, { level: constants.Z_BEST_SPEED }),
  zstd: (body: Buffer) => zstdCompressSync(body),
}
const TYPES = { json: 'application/json', protobuf: 'application/x-protobuf' }
const HEADERS = [
  { 'content-length': '5' },
  { 'content-length': '-1' },
  { 'content-length': '99999999999' },
  { 'transfer-encoding': 'chunked' },
  { 'transfer-encoding': 'gzip, chunked' },
  { 'transfer-encoding': 'identity' },
  { 'content-encoding': 'br' },
  { 'content-encoding': 'gzip, deflate' },
  { 'content-type': 'text/plain' },
  { 'content-type': '' },
  { expect: '100-continue' },
  { expect: 'nothing' },
  { connection: 'close' },
  { connection: 'upgrade', upgrade: 'h2c' },
  { host: undefined },
  { 'x-large': 'x'.repeat(9_000) },
]
const METHODS = ['GET', 'PUT', 'HEAD', 'OPTIONS', 'CONNECT', 'post', 'PRI', '']
const TARGETS = [
  '/',
  '*',
  '/v1/traces/',
  '/v1/traces?',
  '/v1/traces#',
  '/metrics',
  '/v1/metrics',
  '/otel/v1/logs',
  '/api/public/otel/v1/traces',
  '/api/public/projects',
  '/%',
  'http://x/v1/traces',
  '',
]

/** A mutated request as it goes over the wire, in one of six with its HTTP mutated too; the same for the same seed. */
export function mutatedExchange(seed: number): MutatedExchange {
  const random = new Random(seed ^ 0x5bd1_e995)
  const body = compressed(seed, random)
  const legal = random.below(6) > 0
  return { legal, bytes: legal ? framed(body, random) : mutatedHttp(body, random) }
}

interface CompressedBody {
  readonly bytes: Buffer
  readonly headers: Readonly<Record<string, string>>
}

function compressed(seed: number, random: Random): CompressedBody {
  const { encoding, body } = mutatedRequest(seed)
  const coding = random.oneOf(Object.keys(CODINGS) as (keyof typeof CODINGS)[])
  const whole = CODINGS[coding](body)
  const bytes = random.below(8) === 0 ? mutateBytes(whole, body, random) : whole
  const headers = { 'content-type': TYPES[encoding], 'content-encoding': coding.replace('raw ', '') }
  return { bytes, headers }
}

/** Legal HTTP around whatever the body is. */
function framed({ bytes, headers }: CompressedBody, random: Random): Buffer {
  if (random.below(3) > 0) return rawRequest({ headers, body: bytes })
  const head = rawRequest({ headers: { ...headers, 'transfer-encoding': 'chunked' }, sized: false })
  const at = random.below(bytes.length)
  const chunks = [bytes.subarray(0, at), bytes.subarray(at)].filter(({ length }) => length > 0)
  return Buffer.concat([head, ...chunks.map((each) => chunk(each)), Buffer.from('0\r\n\r\n')])
}

function mutatedHttp({ bytes, headers }: CompressedBody, random: Random): Buffer {
  const sized = random.below(4) > 0
  const request = rawRequest({
    headers: { ...headers, ...random.oneOf(HEADERS) },
    body: bytes,
    sized,
    ...(random.below(4) === 0 && { method: random.oneOf(METHODS) }),
    ...(random.below(4) === 0 && { target: random.oneOf(TARGETS) }),
    ...(random.below(8) === 0 && { version: random.oneOf(['1.0', '0.9', '2.0', '1.11', '']) }),
  })
  const pipelined = random.below(4) === 0 ? Buffer.concat([request, request]) : request
  return random.below(2) === 0 ? pipelined : mutateBytes(pipelined, bytes, random)
}
