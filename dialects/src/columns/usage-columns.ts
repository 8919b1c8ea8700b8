import { fieldNumber, type Resolver } from '../dialects/resolver.ts'
import type { Block } from '../native/block.ts'
import { ByteColumn, DoubleColumn, Word32Column, Word64Column } from '../native/number-columns.ts'
import type { SpanView } from '../otlp/span.ts'
import type { Prices } from '../prices/prices.ts'

const MAX_UINT32 = 0xffff_ffff
/** A span that says more is not believed: sums of what anybody may send have to fit into 64 bits, and stay finite. */
const MOST_TOKENS = MAX_UINT32
const MOST_DOLLARS = 1e9
const MAX_INT32 = 0x7fff_ffff

const INPUT_TOKENS = fieldNumber('inputTokens')
const OUTPUT_TOKENS = fieldNumber('outputTokens')
const CACHED_INPUT_TOKENS = fieldNumber('cachedInputTokens')
const CACHE_WRITE_TOKENS = fieldNumber('cacheWriteTokens')
const REASONING_TOKENS = fieldNumber('reasoningTokens')
const TIME_TO_FIRST_TOKEN = fieldNumber('timeToFirstToken')
const FIRST_TOKEN_TIME = fieldNumber('firstTokenTime')
const COST = fieldNumber('cost')
const MODEL = fieldNumber('model')
const PROVIDER = fieldNumber('provider')
const TRIAL = fieldNumber('trial')
const STEP_INDEX = fieldNumber('stepIndex')
const STEP_ATTEMPTS = fieldNumber('stepAttempts')
const STEP_FALLBACK = fieldNumber('stepFallback')
const DECLARED_STEPS = fieldNumber('declaredSteps')

/** Values of `cost_estimated`, where nobody said what the tokens cost. */
const ESTIMATED = 1
const UNKNOWN = 2

/** Writes the numbers of a span: tokens, cost, and what a step, or a flow, says of itself. */
export class UsageColumns {
  readonly #inputTokens: Word64Column
  readonly #outputTokens: Word64Column
  readonly #cachedInputTokens: Word64Column
  readonly #reasoningTokens: Word64Column
  readonly #timeToFirstToken: Word64Column
  readonly #cost: DoubleColumn
  readonly #costEstimated: ByteColumn
  readonly #trial: Word32Column
  readonly #stepIndex: Word32Column
  readonly #stepAttempts: Word32Column
  readonly #stepFallback: ByteColumn
  readonly #declaredSteps: Word32Column
  readonly #prices: Prices
  /** Whose prices count. */
  project = ''

  constructor(block: Block, prices: Prices) {
    this.#prices = prices
    this.#inputTokens = block.column('input_tokens', Word64Column)
    this.#outputTokens = block.column('output_tokens', Word64Column)
    this.#cachedInputTokens = block.column('cached_input_tokens', Word64Column)
    this.#reasoningTokens = block.column('reasoning_tokens', Word64Column)
    this.#timeToFirstToken = block.column('time_to_first_token_ns', Word64Column)
    this.#cost = block.column('cost', DoubleColumn)
    this.#costEstimated = block.column('cost_estimated', ByteColumn)
    this.#trial = block.column('trial', Word32Column)
    this.#stepIndex = block.column('step_index', Word32Column)
    this.#stepAttempts = block.column('step_attempts', Word32Column)
    this.#stepFallback = block.column('step_fallback', ByteColumn)
    this.#declaredSteps = block.column('declared_steps', Word32Column)
  }

  writeRow(row: number, bytes: Buffer, span: SpanView, resolver: Resolver): void {
    writeTokens(this.#cachedInputTokens, row, resolver, CACHED_INPUT_TOKENS)
    writeTokens(this.#reasoningTokens, row, resolver, REASONING_TOKENS)
    const toFirstToken = count(timeToFirstToken(bytes, span, resolver), Number.MAX_SAFE_INTEGER)
    if (toFirstToken > 0) this.#timeToFirstToken.setNumber(row, toFirstToken)
    const input = writeTokens(this.#inputTokens, row, resolver, INPUT_TOKENS)
    const output = writeTokens(this.#outputTokens, row, resolver, OUTPUT_TOKENS)
    this.#writeCost(row, resolver, input, output)
    if (resolver.has(TRIAL)) this.#trial.set(row, count(resolver.number(TRIAL, 0), MAX_UINT32))
    const index = Math.trunc(resolver.number(STEP_INDEX, -1))
    this.#stepIndex.set(row, Math.max(-1, Math.min(index, MAX_INT32)))
    if (resolver.has(STEP_ATTEMPTS))
      this.#stepAttempts.set(row, count(resolver.number(STEP_ATTEMPTS, 0), MAX_UINT32))
    if (resolver.has(STEP_FALLBACK))
      this.#stepFallback.set(row, Number(resolver.text(STEP_FALLBACK) === 'true'))
    if (resolver.has(DECLARED_STEPS))
      this.#declaredSteps.set(row, count(resolver.number(DECLARED_STEPS, 0), MAX_UINT32))
  }

  /** What the wire says, else what the tokens cost by the prices; that nobody knows it is not that it is nothing. */
  #writeCost(row: number, resolver: Resolver, input: number, output: number): void {
    const said = resolver.number(COST, -1)
    if (said >= 0) {
      this.#cost.set(row, Math.min(said, MOST_DOLLARS))
      return
    }
    if (input + output === 0) return
    const { project } = this
    const estimate = this.#prices.estimate(
      { project, model: resolver.text(MODEL), provider: resolver.text(PROVIDER) },
      {
        input,
        cachedInput: count(resolver.number(CACHED_INPUT_TOKENS, 0), MOST_TOKENS),
        cacheWrite: count(resolver.number(CACHE_WRITE_TOKENS, 0), MOST_TOKENS),
        output,
      },
    )
    this.#costEstimated.set(row, estimate === undefined ? UNKNOWN : ESTIMATED)
    if (estimate !== undefined) this.#cost.set(row, Math.min(estimate, MOST_DOLLARS))
  }
}

/** Nanoseconds from the start of a span, 0 where nothing says them: as a duration, as a time, or by an event. */
function timeToFirstToken(bytes: Buffer, span: SpanView, resolver: Resolver): number {
  if (resolver.has(TIME_TO_FIRST_TOKEN)) return resolver.number(TIME_TO_FIRST_TOKEN, 0)
  const { firstToken } = resolver.events
  if (span.start < 0 || (firstToken < 0 && !resolver.has(FIRST_TOKEN_TIME))) return 0
  const start = bytes.readBigUInt64LE(span.start)
  if (firstToken >= 0) return Number(bytes.readBigUInt64LE(firstToken) - start)
  const ms = Date.parse(resolver.text(FIRST_TOKEN_TIME))
  return Number.isFinite(ms) ? Number(BigInt(ms) * 1_000_000n - start) : 0
}

function writeTokens(column: Word64Column, row: number, resolver: Resolver, field: number): number {
  if (!resolver.has(field)) return 0
  const value = count(resolver.number(field, 0), MOST_TOKENS)
  column.setNumber(row, value)
  return value
}

/** A whole number from 0 to `most`. */
function count(value: number, most: number): number {
  return value > 0 ? Math.min(Math.trunc(value), most) : 0
}
