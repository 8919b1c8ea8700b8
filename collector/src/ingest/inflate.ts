import { constants, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { Refusal } from '../refusal.ts'

/** How a body is compressed. */
export type Coding = 'identity' | 'gzip' | 'deflate' | 'zstd'

export const ACCEPTED_CODINGS = 'gzip, deflate, zstd, identity'

const CODINGS: Readonly<Record<string, Coding>> = {
  '': 'identity',
  identity: 'identity',
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  zstd: 'zstd',
}

/** Undefined for a coding that is none of ours, or more than one. */
export function codingOf(contentEncoding: string | undefined): Coding | undefined {
  const name = (contentEncoding ?? '').trim().toLowerCase()
  return Object.hasOwn(CODINGS, name) ? CODINGS[name] : undefined
}

/** @param header that named the coding */
export function unknownCoding(header: string, value: string | undefined): string {
  return `${header} ${value} is not supported, expected one of ${ACCEPTED_CODINGS}`
}

/**
 * The body as it was before compression, undefined beyond the limit. At once, on this thread: a stream on the thread
 * pool costs four times as much for the bodies that exporters send, and even 64 MiB take less time here than decoding
 * them afterwards.
 * @param limit bytes of the result; inflating stops there
 * @throws Refusal where the body is broken, cut off or goes on after its end
 */
export function inflate(
  coding: Exclude<Coding, 'identity'>,
  body: Buffer,
  limit: number,
): Buffer | undefined {
  try {
    const inflated = METHODS[coding](body, limit)
    return inflated.length > limit ? undefined : inflated
  } catch (error) {
    if (error instanceof Refusal) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') return undefined
    throw new Refusal('undecodable', `the body is not ${coding}: ${message}`)
  }
}

const METHODS: Readonly<Record<Exclude<Coding, 'identity'>, (body: Buffer, limit: number) => Buffer>> = {
  gzip: (body, limit) => gunzipSync(body, optionsFor(expectedSize('gzip', body.length, body), limit)),
  deflate: (body, limit) => once(isZlib(body) ? inflateSync : inflateRawSync, body, limit),
  zstd: unzstd,
}

/** Bytes of a body once it is inflated, as far as one can know before. */
export function expectedSize(coding: Coding, size: number, lastBytes: Buffer): number {
  if (coding === 'identity') return size
  const said = coding === 'gzip' ? gzipSize(lastBytes) : 0
  return said >= size && said <= PLAUSIBLE_RATIO * size ? said : USUAL_RATIO * size
}

/** The most bytes that so many can be inflated to; where zstd makes more of less, that takes it no longer. */
export function largestSize(coding: Coding, size: number): number {
  return coding === 'identity' ? size : DEFLATE_RATIO * size
}

const USUAL_RATIO = 4
/** Of telemetry. Who says more is broken or a bomb, and found to be so at once. */
const PLAUSIBLE_RATIO = 32
/** zlib.net/zlib_tech.html */
const DEFLATE_RATIO = 1032

/** Bytes of output that are allocated at a time. */
const MIN_CHUNK = 4096
const MAX_CHUNK = 1024 * 1024

function optionsFor(size: number, limit: number): { maxOutputLength: number; chunkSize: number } {
  // Node takes no limit of 0.
  return { maxOutputLength: Math.max(limit, 1), chunkSize: Math.min(Math.max(size, MIN_CHUNK), MAX_CHUNK) }
}

/** What the last member says its size is (rfc-editor.org/rfc/rfc1952#page-5), one more to see the end: only a hint. */
function gzipSize(lastBytes: Buffer): number {
  return lastBytes.length < 4 ? 0 : lastBytes.readUInt32LE(lastBytes.length - 4) + 1
}

/** "deflate" means zlib (rfc-editor.org/rfc/rfc9110#section-8.4.1.2), yet some senders leave its header out. */
function isZlib(body: Buffer): boolean {
  return body.length < 2 || ((body[0]! & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0)
}

type InfoOptions = { maxOutputLength: number; chunkSize: number; info: true }
type Inflate = (body: Buffer, options: InfoOptions) => unknown

/** Node's typings do not know what `info` adds. */
interface WithInfo {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

function once(method: Inflate, body: Buffer, limit: number): Buffer {
  const { buffer, engine } = method(body, {
    ...optionsFor(USUAL_RATIO * body.length, limit),
    info: true,
  }) as WithInfo
  if (engine.bytesWritten === body.length) return buffer
  throw new Refusal('undecodable', `the deflated body ends ${body.length - engine.bytesWritten} bytes early`)
}

/** 8 MiB, all that a content coding may ask for (rfc-editor.org/rfc/rfc9659#section-3). */
const ZSTD_WINDOW_LOG = 23
const ZSTD_PARAMS = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG }

/** A body of tiny frames would take its time: each one costs a decoder, which is some 50 microseconds. */
const MAX_FRAMES = 100

/** All frames: Node stops after the first. */
function unzstd(body: Buffer, limit: number): Buffer {
  const frames: Buffer[] = []
  let room = limit
  let rest = body
  do {
    if (frames.length === MAX_FRAMES) {
      throw new Refusal('undecodable', `the body has more than ${MAX_FRAMES} zstd frames`)
    }
    const options = {
      ...optionsFor(USUAL_RATIO * rest.length, room),
      params: ZSTD_PARAMS,
      info: true as const,
    }
    const { buffer, engine } = zstdDecompressSync(rest, options) as unknown as WithInfo
    frames.push(buffer)
    room -= buffer.length
    rest = rest.subarray(engine.bytesWritten)
  } while (rest.length > 0)
  return frames.length === 1 ? frames[0]! : Buffer.concat(frames, limit - room)
}
