import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** One response as it came over the socket. */
export interface RawResponse {
  readonly version: string
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** A connection whose bytes are written by the test, and whose responses are taken in order. */
export class RawConnection {
  readonly socket: Socket
  readonly #closed: Promise<void>
  #bytes: Buffer = Buffer.alloc(0)
  #isClosed = false
  #wake = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    this.#closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isClosed = true
        this.#wake()
        resolve()
      })
    })
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#wake()
    })
    // A reset while writing to a server that has answered and closed; what came before is still there to be taken.
    socket.on('error', () => {})
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const connection = new RawConnection(socket)
    await once(socket, 'connect')
    return connection
  }

  /** Writes the parts, each in a packet of its own. */
  async write(...parts: readonly (string | Buffer)[]): Promise<void> {
    for (const part of parts) {
      if (this.socket.destroyed) return
      this.socket.write(part)
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
  }

  /** The next response, 100 Continue included. @throws Error where the connection closes before it is whole */
  async response(isHead = false): Promise<RawResponse> {
    for (;;) {
      const taken = parse(this.#bytes, isHead)
      if (taken) {
        this.#bytes = this.#bytes.subarray(taken.length)
        return taken.response
      }
      if (this.#isClosed) throw new Error(`closed after ${JSON.stringify(this.#bytes.toString('latin1'))}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Resolves once both sides have closed. */
  closed(): Promise<void> {
    return this.#closed
  }

  /** Bytes that came and were not taken. */
  get rest(): string {
    return this.#bytes.toString('latin1')
  }

  destroy(): void {
    this.socket.destroy()
  }
}

function parse(bytes: Buffer, isHead: boolean): { response: RawResponse; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first, ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const [, version, status] = /^HTTP\/(1\.[01]) (\d{3}) /.exec(first!) ?? []
  if (version === undefined) throw new Error(`not a status line: ${first}`)
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  )
  const length = end + 4 + (isHead ? 0 : Number(headers['content-length'] ?? 0))
  if (bytes.length < length) return undefined
  const response = { version, status: Number(status), headers, body: bytes.subarray(end + 4, length) }
  return { response, length }
}

export interface RawRequest {
  readonly method?: string
  readonly target?: string
  readonly version?: string
  /** Sent as they are; `host` is added where it is not there. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: Buffer | string
  /** False: the test says itself how long the body is. */
  readonly sized?: boolean
}

/** The bytes of a request. */
export function rawRequest({
  method = 'POST',
  target = '/v1/traces',
  version = '1.1',
  headers = {},
  body = '',
  sized = true,
}: RawRequest): Buffer {
  const bytes = Buffer.from(body)
  const all = { host: 'localhost', ...headers, ...(sized && { 'content-length': String(bytes.length) }) }
  const lines = Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`)
  const head = [`${method} ${target} HTTP/${version}`, ...lines, '', ''].join('\r\n')
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes])
}

/** A piece of a chunked body. @param extension what follows the size, such as `;name=value` */
export function chunk(body: string | Buffer, extension = ''): Buffer {
  const bytes = Buffer.from(body)
  return Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}${extension}\r\n`),
    bytes,
    Buffer.from('\r\n'),
  ])
}

/** Sends one request on a connection of its own. */
export async function exchange(port: number, ...parts: readonly (string | Buffer)[]): Promise<RawResponse> {
  const connection = await RawConnection.open(port)
  try {
    await connection.write(...parts)
    return await connection.response()
  } finally {
    connection.destroy()
  }
}
