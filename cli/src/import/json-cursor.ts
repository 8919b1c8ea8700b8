import { isUtf16 } from '@weir/store/text'

const EMPTY = Buffer.alloc(0)
/** Of UTF-8, byte by byte. */
const BYTE_ORDER_MARK = Buffer.from('\uFEFF').toString('latin1')
const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT, COMMA] = Buffer.from('"\\[]{},')
const SPACES = new Set(Buffer.from(' \t\r\n'))
/** No value that is held whole, a span or an attribute list, is larger. */
const MAX_VALUE = 64 * 1024 * 1024

/** The text is not JSON, or not of the shape that was expected. */
export class JsonTextError extends Error {
  readonly code = 'JSON_TEXT'
  override readonly name = 'JsonTextError'
}

/** Reads JSON out of a stream without holding more of it than one value. */
export class JsonCursor {
  readonly #chunks: AsyncIterator<Buffer>
  #chunk: Buffer = EMPTY
  #at = 0
  #passed = 0

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** Bytes from the start of the text. */
  get offset(): number {
    return this.#passed + this.#at
  }

  /** The next byte that is not white space, as a character; '' at the end of the text. */
  async peek(): Promise<string> {
    for (;;) {
      while (this.#at < this.#chunk.length && SPACES.has(this.#chunk[this.#at]!)) this.#at += 1
      if (this.#at < this.#chunk.length) return String.fromCharCode(this.#chunk[this.#at]!)
      if (!(await this.#fill())) return ''
    }
  }

  /** As {@link peek} at the beginning of a text, where it passes over a byte order mark. @throws JsonTextError */
  async start(): Promise<string> {
    const next = await this.peek()
    if (isUtf16(this.#chunk.subarray(this.#at, this.#at + 2)))
      throw new JsonTextError('it is UTF-16, expected UTF-8: save it as UTF-8')
    if (next !== BYTE_ORDER_MARK[0]) return next
    for (const byte of BYTE_ORDER_MARK) await this.#pass(byte)
    return this.peek()
  }

  /** Passes over an object, and calls `member` at the value of each of its members, to be passed over. */
  async object(member: (key: string) => Promise<unknown>): Promise<void> {
    await this.#list('{', '}', async () => {
      const key = this.parse(await this.value())
      if (typeof key !== 'string') throw this.#unexpected(`the key ${key}`, 'a key in quotes')
      await this.#pass(':')
      await member(key)
    })
  }

  /** Passes over an array, and calls `item` at each of its items, to be passed over. */
  async array(item: () => Promise<unknown>): Promise<void> {
    await this.#list('[', ']', item)
  }

  /** The text of the value that comes next; it is passed over, and not looked at further than to find its end. */
  async value(): Promise<Buffer> {
    const next = await this.peek()
    if (next === '' || ',:]}'.includes(next)) throw this.#unexpected(nameOf(next), 'a value')
    const pieces: Buffer[] = []
    const end = new ValueEnd()
    let size = 0
    do {
      const start = this.#at
      this.#at = end.find(this.#chunk, start)
      pieces.push(this.#chunk.subarray(start, this.#at))
      size += this.#at - start
      if (size > MAX_VALUE)
        throw new JsonTextError(`a value of more than ${MAX_VALUE} bytes ends at byte ${this.offset}`)
    } while (!end.found && (await this.#fill()))
    if (!end.complete) throw this.#unexpected('the end of the text', 'the end of a value')
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
  }

  /** @throws JsonTextError */
  parse(text: Buffer): unknown {
    try {
      return JSON.parse(text.toString())
    } catch (cause) {
      throw new JsonTextError(`before byte ${this.offset}: ${(cause as Error).message}`, { cause })
    }
  }

  async #list(open: string, close: string, item: () => Promise<unknown>): Promise<void> {
    await this.#pass(open)
    if ((await this.peek()) === close) return this.#pass(close)
    for (;;) {
      await item()
      if ((await this.peek()) === close) return this.#pass(close)
      await this.#pass(',')
    }
  }

  async #pass(character: string): Promise<void> {
    const next = await this.peek()
    if (next !== character) throw this.#unexpected(nameOf(next), `"${character}"`)
    this.#at += 1
  }

  async #fill(): Promise<boolean> {
    const { value, done } = await this.#chunks.next()
    if (done) return false
    this.#passed += this.#chunk.length
    this.#chunk = value
    this.#at = 0
    return true
  }

  #unexpected(came: string, expected: string): JsonTextError {
    return new JsonTextError(`${came} at byte ${this.offset}, expected ${expected}`)
  }
}

function nameOf(character: string): string {
  return character === '' ? 'the end of the text' : `"${character}"`
}

/** Finds where a value ends, chunk by chunk. */
class ValueEnd {
  found = false
  #depth = 0
  #inText = false
  #escaped = false
  #isScalar = false

  /** Also a number or a word at the very end of the text. */
  get complete(): boolean {
    return this.found || this.#isScalar
  }

  /** The position after the value's last byte in the chunk. */
  find(chunk: Buffer, start: number): number {
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (this.#inText) this.#text(byte)
      else if (byte === QUOTE) this.#inText = true
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.#depth += 1
      else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) this.#depth -= 1
      else if (this.#depth > 0) continue
      else if (byte === COMMA || SPACES.has(byte)) this.#depth = -1
      else this.#isScalar = true
      if (this.#depth < 0) return this.#end(at)
      if (this.#depth === 0 && !this.#inText && !this.#isScalar) return this.#end(at + 1)
    }
    return chunk.length
  }

  #text(byte: number): void {
    if (this.#escaped) this.#escaped = false
    else if (byte === BACKSLASH) this.#escaped = true
    else if (byte === QUOTE) this.#inText = false
  }

  #end(at: number): number {
    this.found = true
    return at
  }
}
