import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  /** Seconds of the Retry-After header, 0 without one. */
  readonly retryAfter: number
  readonly body: Buffer
}

const END_OF_HEAD = '\r\n\r\n'

/** HTTP/1.1 over a socket of its own, one request at a time: node:http costs more than what a batch of spans does. */
export class Connection {
  readonly #port: number
  readonly #host: string
  #socket: Socket | undefined
  #received: Buffer = Buffer.alloc(0)
  #waiting: PromiseWithResolvers<Answer> | undefined

  constructor(url: URL) {
    this.#host = url.hostname
    this.#port = Number(url.port)
  }

  /** Sends a whole request; rejects where the connection fails before it is answered. */
  async send(message: Buffer): Promise<Answer> {
    this.#socket ??= await this.#open()
    this.#waiting = Promise.withResolvers<Answer>()
    this.#socket.write(message)
    return this.#waiting.promise
  }

  close(): void {
    this.#socket?.destroy()
  }

  async #open(): Promise<Socket> {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true })
    await once(socket, 'connect')
    this.#received = Buffer.alloc(0)
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('error', () => socket.destroy())
    socket.on('end', () => socket.destroy())
    socket.on('close', () => {
      this.#socket = undefined
      this.#waiting?.reject(new Error('the collector closed the connection before it answered'))
    })
    return socket
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const answer = parse(this.#received)
    if (answer === undefined) return
    this.#received = Buffer.alloc(0)
    this.#waiting?.resolve(answer)
    this.#waiting = undefined
  }
}

/** Undefined while the answer is not whole. */
function parse(received: Buffer): Answer | undefined {
  const end = received.indexOf(END_OF_HEAD)
  if (end < 0) return undefined
  const head = received.toString('latin1', 0, end)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length === undefined) throw new Error(`the collector answered without a content-length:\n${head}`)
  const body = received.subarray(end + END_OF_HEAD.length)
  if (body.length < Number(length)) return undefined
  return {
    status: Number(head.slice(9, 12)),
    retryAfter: Number(/\r\nretry-after: *(\d+)/i.exec(head)?.[1] ?? 0),
    body,
  }
}
