import { DecodeError, OversizeError, protobufOfJson, SpanBlock } from '@weir/dialects'
import { type MutatedRequest, mutatedRequest } from '@weir/dialects/testing'

export interface FuzzOptions {
  readonly requests: number
  /** Of the first request; the next ones count up from it. */
  readonly seed: number
  /** Takes a sample of the blocks that the accepted requests became. */
  insert(block: Buffer): Promise<void>
  log(line: string): void
}

export interface FuzzReport {
  readonly requests: number
  readonly accepted: number
  readonly refused: number
  readonly rows: number
  /** How many blocks were inserted, and their rows. */
  readonly insertedBlocks: number
  readonly insertedRows: number
  readonly slowest: { readonly seed: number; readonly milliseconds: number }
  /** MiB of the process, at 20 moments from a tenth of the way on. */
  readonly memory: readonly number[]
}

const MIB = 2 ** 20
/** As the collector has it by default. */
const MAX_REQUEST_BYTES = 64 * MIB
const BLOCK_ROWS = 5000
const BLOCK_BYTES = 16 * MIB
const INSERT_EVERY = 4
const SLOW = 1000

/**
 * Sends mutated requests through decoder, dialects and columns. A request may be refused for what it is, and then must
 * leave nothing: what was accepted reads as if nothing else had come.
 * @throws Error with the seed and the bytes of a request that is treated otherwise
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const block = new SpanBlock(MAX_REQUEST_BYTES)
  const acceptedOnly = new SpanBlock(MAX_REQUEST_BYTES)
  const memory: number[] = []
  const step = Math.ceil(options.requests / 22)
  let slowest = { seed: 0, milliseconds: 0 }
  let [accepted, rows, blocks, insertedBlocks, insertedRows] = [0, 0, 0, 0, 0]
  for (let at = 0; at < options.requests; at++) {
    const seed = (options.seed + at) >>> 0
    const request = mutatedRequest(seed)
    const began = performance.now()
    const protobuf = append(block, request, seed)
    const milliseconds = performance.now() - began
    if (milliseconds > slowest.milliseconds) slowest = { seed, milliseconds }
    if (milliseconds > SLOW) options.log(`${milliseconds.toFixed()} ms: ${describe(request, seed)}`)
    if (protobuf !== undefined) {
      accepted += 1
      acceptedOnly.append(protobuf, 'fuzz')
    }
    const isLast = at === options.requests - 1
    if (block.rows >= BLOCK_ROWS || block.size >= BLOCK_BYTES || isLast) {
      const taken = { rows: block.rows, bytes: block.take() }
      if (!taken.bytes.equals(acceptedOnly.take()))
        throw new Error(`a refused request left something in the block: a seed up to ${seed}`)
      rows += taken.rows
      if (blocks++ % INSERT_EVERY === 0 || isLast) {
        await options.insert(taken.bytes)
        insertedBlocks += 1
        insertedRows += taken.rows
      }
    }
    if (at % step === step - 1 && at >= 2 * step) {
      memory.push(Math.round(process.memoryUsage.rss() / MIB))
      options.log(`${at + 1} requests, ${accepted} accepted, ${memory.at(-1)} MiB`)
    }
  }
  const { requests } = options
  const refused = requests - accepted
  return { requests, accepted, refused, rows, insertedBlocks, insertedRows, slowest, memory }
}

/** The request in protobuf, undefined where it was refused. */
function append(block: SpanBlock, request: MutatedRequest, seed: number): Buffer | undefined {
  const { rows, size } = block
  try {
    const protobuf = request.encoding === 'json' ? protobufOfJson(request.body) : request.body
    block.append(protobuf, 'fuzz')
    return protobuf
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof OversizeError))
      throw new Error(`${error}: ${describe(request, seed)}`, { cause: error })
    if (block.rows !== rows || block.size !== size)
      throw new Error(`it was refused but left ${block.rows - rows} rows: ${describe(request, seed)}`)
    return undefined
  }
}

function describe({ encoding, body }: MutatedRequest, seed: number): string {
  return `seed ${seed}, ${encoding}, base64 ${body.toString('base64')}`
}
