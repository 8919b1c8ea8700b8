import { captureNames, readCapture } from './captures.ts'
import { mutateBytes } from './mutate-bytes.ts'
import { mutateJson } from './mutate-json.ts'
import { mutateProtobuf } from './mutate-protobuf.ts'
import { Random } from './random.ts'

type Encoding = 'protobuf' | 'json'

/** A request that no client meant to send. */
export interface MutatedRequest {
  readonly encoding: Encoding
  readonly body: Buffer
}

/** Large captures cost so much that they would take all of the time. */
const LARGE = 16 * 1024
const SMALL_PER_LARGE = 100

interface Corpus {
  readonly small: readonly Buffer[]
  readonly large: readonly Buffer[]
}

let corpora: Readonly<Record<Encoding, Corpus>> | undefined

/** A recorded request with one to four mutations; the same for the same seed, an unsigned 32-bit number. */
export function mutatedRequest(seed: number): MutatedRequest {
  corpora ??= { protobuf: corpusOf('protobuf'), json: corpusOf('json') }
  const random = new Random(seed)
  const encoding = random.oneOf<Encoding>(['protobuf', 'json'])
  const { small, large } = corpora[encoding]
  const mutate = encoding === 'json' ? mutateJson : mutateProtobuf
  let body = random.oneOf(random.below(SMALL_PER_LARGE) === 0 ? large : small)
  for (let left = random.powerOf(2, 3); left > 0; left--) {
    body = random.below(4) > 0 ? mutate(body, random) : mutateBytes(body, random.oneOf(small), random)
  }
  return { encoding, body }
}

function corpusOf(encoding: Encoding): Corpus {
  const bodies = captureNames('')
    .flatMap((name) => readCapture(name).requests)
    .filter(({ body, contentType }) => body.length > 0 && contentType.includes(encoding))
    .map(({ body }) => body)
  return {
    small: bodies.filter(({ length }) => length <= LARGE),
    large: bodies.filter(({ length }) => length > LARGE),
  }
}
