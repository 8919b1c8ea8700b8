import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2'
import { promisify } from 'node:util'
import { EXPORT_METHOD } from '../serve/signals.ts'

/** A connection of HTTP/2 whose calls are written by the test. */
export class RawGrpc {
  readonly session: ClientHttp2Session

  private constructor(session: ClientHttp2Session) {
    this.session = session
  }

  static async connect(port: number): Promise<RawGrpc> {
    const session = connect(`http://127.0.0.1:${port}`)
    await once(session, 'connect')
    return new RawGrpc(session)
  }

  open(headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
    return this.session.request({
      ':method': 'POST',
      ':path': EXPORT_METHOD,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    })
  }

  /** Sends a whole call. */
  call(body: Buffer, headers: OutgoingHttpHeaders = {}): Promise<IncomingHttpHeaders> {
    const stream = this.open(headers)
    stream.end(body)
    return answerOf(stream)
  }

  /** Resolves once the server has read what was sent before. */
  async reached(): Promise<void> {
    await promisify((done: (error: Error | null) => void) => this.session.ping(done))()
  }

  destroy(): void {
    this.session.destroy()
  }
}

/** Response headers and trailers together. */
export async function answerOf(stream: ClientHttp2Stream): Promise<IncomingHttpHeaders> {
  const answer: IncomingHttpHeaders = {}
  stream.on('response', (headers) => Object.assign(answer, headers))
  stream.on('trailers', (headers) => Object.assign(answer, headers))
  stream.resume()
  await once(stream, 'end')
  return answer
}
